import { noArgument, readFlags, type ServerCommand, UsageError, untilStopped } from '@mintmark/server/bin'
import {
  isOnLoopback,
  listeningFlags,
  listOf,
  logLevelHelp,
  logLevelOf,
  placeOf,
  routesFile,
  routesHelp,
  untilHangup,
  withTable,
} from './flags.ts'

const defaultPlace = '127.0.0.1:6752'

export const gateway: ServerCommand = {
  name: 'gateway',
  summary: 'Start the verifier that nginx, Traefik, Caddy, Envoy or HAProxy asks about each request',
  help: `Each gateway asks at the path of its name: /nginx, /traefik, /caddy, /envoy, /haproxy. Only the
gateway may be able to reach it. The table is read again when its file changes, and at SIGHUP;
a bad one is refused, and the one in use stays. SIGTERM drains and exits 0. Health and metrics
are at /health/live, /health/ready and /metrics.

Flags:
${routesHelp}
  --listen HOST:PORT       Where gateways ask (default ${defaultPlace}).
  --peers RANGES           Addresses that may ask, such as 10.0.0.7,10.1.0.0/16 (default: this machine).
  --for NAMES              Gateways that may ask, such as nginx (default: all).
${logLevelHelp}

Examples:
  mintmark gateway --routes routes.yaml
  mintmark gateway --routes routes.yaml --for envoy --listen 0.0.0.0:6752 --peers 10.0.0.7`,
  run: async (args, terminal) => {
    const { createLog, gateways, logLevels, startGateway } = await import('@mintmark/gateway')
    const { flags, positionals } = readFlags(args, {
      ...listeningFlags,
      peers: { type: 'string' },
      for: { type: 'string' },
    })
    noArgument(positionals)
    const file = routesFile(flags, terminal)
    const listen = placeOf(flags.listen, defaultPlace, 'listen')
    const peers = listOf(flags.peers)
    if (peers === undefined && !isOnLoopback(listen)) {
      throw new UsageError(`${listen.host} is reached from other machines: name the gateways' addresses with --peers`)
    }
    const only = listOf(flags.for)
    const unknown = only?.find((name) => !gateways.some((one) => one.name === name))
    if (unknown !== undefined) {
      throw new UsageError(`--for ${unknown}: there are ${gateways.map(({ name }) => name).join(', ')}`)
    }
    const log = createLog(logLevelOf(flags, logLevels))
    const { environment } = terminal
    const running = await withTable(() => startGateway({ routes: { file }, listen, peers, only, log, environment }))
    const unhook = untilHangup(running.reload)
    const stopped = untilStopped(() => running.close())
    terminal.out(`mintmark gateway is ready: ${running.url}\n`)
    const code = await stopped
    unhook()
    return code
  },
}
