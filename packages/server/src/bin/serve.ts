import { ConfigError } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { type RunningServer, startServer } from '../server.ts'
import type { ServerCommand, Terminal } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { untilStopped } from './signals.ts'

/** What runs beside a server in its process, where the settings ask for it. */
export type Companion = {
  /** Checks what it needs before a port is open. @throws ConfigError */
  readonly check: (config: Config, terminal: Terminal) => Promise<void>
  /** Starts it; undefined when the settings do not ask for it. */
  readonly start: (
    server: RunningServer,
    config: Config,
    terminal: Terminal,
  ) => Promise<{ readonly line: string; readonly close: () => Promise<{ readonly cut: number }> } | undefined>
}

/** For a server alone: the settings must not ask for more. */
const alone: Companion = {
  check: async ({ gatewayRoutes }) => {
    if (gatewayRoutes !== '') throw new ConfigError(['gateway.routes needs the program mintmark, not the server alone'])
  },
  start: async () => undefined,
}

export const createServe = (companion: Companion = alone): ServerCommand => ({
  name: 'serve',
  summary: 'Start the server',
  help: `Starts the public and the management listener; SIGTERM drains and exits 0; 1 when
requests did not finish within limits.drainTimeout. A second signal ends it at once.

Flags:
${settingFlagsHelp()}

Examples:
  mintmark serve --data-dir /var/lib/mintmark --url https://tokens.example.com --tls files
  MINTMARK_PUBLIC_PORT=8080 mintmark serve`,
  run: async (args, terminal) => {
    const { config, positionals } = readProcessConfig(args, terminal.environment, {})
    noArgument(positionals)
    await companion.check(config, terminal)
    const server = await startServer(config)
    try {
      const beside = await companion.start(server, config, terminal)
      // Who reads that it is ready may stop it at once.
      const stopped = untilStopped(async () => {
        // It asks the server, so it ends first.
        const first = await beside?.close()
        const { cut } = await server.close({ delay: config.drainDelay })
        return { cut: cut + (first?.cut ?? 0) }
      })
      const { publicUrl, adminUrl } = server
      terminal.out(`mintmark is ready: ${publicUrl} (public), ${adminUrl} (management)${beside?.line ?? ''}\n`)
      return await stopped
    } catch (error) {
      await server.close()
      throw error
    }
  },
})
