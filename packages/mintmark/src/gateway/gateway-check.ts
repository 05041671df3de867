import { noArgument, readFlags, type ServerCommand } from '@mintmark/server/bin'
import { routesFile, routesHelp, withTable } from './flags.ts'

export const gatewayCheck: ServerCommand = {
  name: 'gateway check',
  summary: 'Check a route table, and start nothing',
  help: `Reads the table as the gateway would, with the secrets and files it names. Every problem is told with
its line; exit code 78 when the gateway would not start with it.

Flags:
${routesHelp}

Examples:
  mintmark gateway check -f routes.yaml`,
  run: async (args, terminal) => {
    const { checkTable } = await import('@mintmark/gateway')
    const { flags, positionals } = readFlags(args, { routes: { type: 'string', short: 'f' } })
    noArgument(positionals)
    const { issuers, routes } = await withTable(() => checkTable(routesFile(flags, terminal), terminal.environment))
    const open = routes.filter(({ access }) => access === 'public').length
    terminal.out(`The route table is valid. Routes: ${routes.length}, public: ${open}, issuers: ${issuers.length}.\n`)
    return 0
  },
}
