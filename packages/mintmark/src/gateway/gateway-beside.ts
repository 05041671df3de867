import type { LogLevel } from '@mintmark/gateway'
import type { RunningServer } from '@mintmark/server'
import type { Companion, Terminal } from '@mintmark/server/bin'
import { listOf, untilHangup, withTable } from './flags.ts'
import { localFetch } from './local-fetch.ts'

type Settings = {
  readonly gatewayRoutes: string
  readonly gatewayHost: string
  readonly gatewayPort: number
  readonly gatewayPeers: string
  readonly logLevel: string
}

type Beside = {
  readonly url: string
  readonly line: string
  readonly close: () => Promise<{ readonly cut: number }>
}

/**
 * The verifier for gateways in the process of a server, on a listener of its own: the public one is open to everybody,
 * and only a gateway may ask. What it asks the server goes no way over the network.
 */
export const gatewayBeside = {
  check: async ({ gatewayRoutes: file }: Settings, { environment }: Terminal): Promise<void> => {
    if (file === '') return
    const { checkTable } = await import('@mintmark/gateway')
    await withTable(() => checkTable(file, environment))
  },
  start: async (server: RunningServer, settings: Settings, { environment }: Terminal): Promise<Beside | undefined> => {
    const { gatewayRoutes: file, gatewayHost: host, gatewayPort: port, gatewayPeers, logLevel } = settings
    if (file === '') return undefined
    const { createLog, startGateway } = await import('@mintmark/gateway')
    const running = await withTable(() =>
      startGateway({
        routes: { file },
        listen: { host, port },
        ...(gatewayPeers === '' ? {} : { peers: listOf(gatewayPeers) }),
        log: createLog(logLevel === 'trace' ? 'debug' : (logLevel as LogLevel)),
        environment,
        fetch: localFetch(server),
      }),
    )
    const unhook = untilHangup(running.reload)
    return {
      url: running.url,
      line: `, ${running.url} (gateways)`,
      close: async () => {
        unhook()
        return running.close()
      },
    }
  },
} as const satisfies Companion
