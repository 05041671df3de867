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

const defaultPlace = '127.0.0.1:6753'
const defaultOperations = '127.0.0.1:6754'

type Flags = Readonly<Record<string, string | boolean | undefined>>

const tlsOf = (flags: Flags) => {
  const { 'tls-cert': cert, 'tls-key': key } = flags
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together')
  return { certFile: String(cert), keyFile: String(key) }
}

const upstreamOf = ({ upstream, 'insecure-http': insecure }: Flags): string => {
  if (typeof upstream !== 'string') throw new UsageError('where is the API? --upstream URL')
  const url = URL.canParse(upstream) ? new URL(upstream) : undefined
  const here = url !== undefined && isOnLoopback({ host: url.hostname.replace(/^\[|\]$/g, ''), port: 0 })
  if (url?.protocol === 'http:' && !here && insecure !== true) {
    throw new UsageError(`--upstream ${upstream} is unencrypted beyond this machine: use https, or say --insecure-http`)
  }
  return upstream
}

export const proxy: ServerCommand = {
  name: 'proxy',
  summary: 'Start a small reverse proxy that lets through what a route table lets through',
  help: `For those who have no gateway. Requests are passed on as they come, bodies both ways; headers that
tell who calls are set, and stripped when the outside sends them. The table is read again when its
file changes, and at SIGHUP; a bad one is refused, and the one in use stays. SIGTERM drains and
exits 0; 1 when requests did not finish within 15 seconds.

Flags:
${routesHelp}
  --upstream URL           The API: http or https, without a path.
  --listen HOST:PORT       Where callers come (default ${defaultPlace}).
  --operations HOST:PORT   Where /health/live, /health/ready and /metrics are (default ${defaultOperations}; none: nowhere).
  --tls-cert FILE          PEM file with the certificate chain; read again when it changes.
  --tls-key FILE           PEM file with the private key.
  --trusted RANGES         Proxies in front whose X-Forwarded headers count, such as 10.0.0.7 (default: none).
  --keep-host              The API gets the Host header of the caller instead of its own.
  --upstream-timeout SECONDS  How long the API may take to begin its answer (default 60).
  --insecure-http          Allows unencrypted connections beyond this machine, for a network that encrypts by itself.
${logLevelHelp}

Examples:
  mintmark proxy --routes routes.yaml --upstream http://127.0.0.1:8080
  mintmark proxy --routes routes.yaml --upstream http://127.0.0.1:8080 --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem`,
  run: async (args, terminal) => {
    const { createLog, logLevels, startProxy } = await import('@mintmark/gateway')
    const { flags, positionals } = readFlags(args, {
      ...listeningFlags,
      upstream: { type: 'string' },
      operations: { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      trusted: { type: 'string' },
      'keep-host': { type: 'boolean' },
      'upstream-timeout': { type: 'string' },
      'insecure-http': { type: 'boolean' },
    })
    noArgument(positionals)
    const file = routesFile(flags, terminal)
    const listen = placeOf(flags.listen, defaultPlace, 'listen')
    const tls = tlsOf(flags)
    if (tls === undefined && !isOnLoopback(listen) && flags['insecure-http'] !== true) {
      throw new UsageError(
        `${listen.host} is reached from other machines: use --tls-cert and --tls-key, or say --insecure-http`,
      )
    }
    const seconds = Number(flags['upstream-timeout'] ?? 60)
    if (!(seconds > 0 && seconds <= 86_400)) throw new UsageError('--upstream-timeout must be 1 to 86400 seconds')
    const log = createLog(logLevelOf(flags, logLevels))
    const running = await withTable(() =>
      startProxy({
        routes: { file },
        upstream: upstreamOf(flags),
        listen,
        tls,
        operations:
          flags.operations === 'none' ? undefined : placeOf(flags.operations, defaultOperations, 'operations'),
        trusted: listOf(flags.trusted),
        keepHost: flags['keep-host'] === true,
        upstreamTimeout: seconds * 1000,
        log,
        environment: terminal.environment,
      }),
    )
    const unhook = untilHangup(running.reload)
    const stopped = untilStopped(() => running.close())
    terminal.out(`mintmark proxy is ready: ${running.url}, operations ${running.operationsUrl ?? 'nowhere'}\n`)
    const code = await stopped
    unhook()
    return code
  },
}
