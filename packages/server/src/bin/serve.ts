import { startServer } from '../server.ts'
import type { ServerCommand } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'
import { untilStopped } from './signals.ts'

export const serve: ServerCommand = {
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
    const server = await startServer(config)
    terminal.out(`mintmark is ready: ${server.publicUrl} (public), ${server.adminUrl} (management)\n`)
    return untilStopped(() => server.close({ delay: config.drainDelay }))
  },
}
