import type { Explanation, Route } from '@mintmark/gateway'
import { readFlags, type ServerCommand, UsageError } from '@mintmark/server/bin'
import { routesFile, routesHelp, withTable } from './flags.ts'

/** Scopes as people say them. */
const scopesText = (requirement: Exclude<Route['access'], 'public'>['requirement']): string => {
  const { all = [], any } = Array.isArray(requirement)
    ? { all: requirement as readonly string[], any: undefined }
    : (requirement as { all?: readonly string[]; any?: readonly string[] })
  const parts = [...all, ...(any === undefined ? [] : [`one of ${any.join(', ')}`])]
  return parts.length === 0 ? 'no scope' : parts.join(' and ')
}

const linesOf = (asked: string, explanation: Explanation): readonly string[] => {
  if (explanation.route === undefined) {
    return [asked, `  refused   ${explanation.check}: ${explanation.sentence}`]
  }
  const { name, line, access } = explanation.route
  const needs =
    access === 'public'
      ? ['nothing: the route is public']
      : [`a token for ${access.audience} with ${scopesText(access.requirement)}`]
  return [
    asked,
    `  route     ${name} (line ${line})`,
    `  needs     ${needs.join('')}`,
    ...(access !== 'public' && access.verification !== undefined ? [`  verified  ${access.verification}`] : []),
    ...(access !== 'public' && access.swap ? ['  swaps     an opaque token for its JWT'] : []),
  ]
}

export const gatewayTest: ServerCommand = {
  name: 'gateway test',
  summary: 'Say which route of a table decides a request, and what it needs',
  help: `Arguments: METHOD and PATH, the path as it is sent. Nothing is asked and no secret is needed. Exit code 1
when the request would be refused whatever its token.

Flags:
${routesHelp}
  --host HOST              The host of the request, for tables with routes for hosts.

Examples:
  mintmark gateway test -f routes.yaml GET /weatherforecast
  mintmark gateway test -f routes.yaml GET '/admin/%2e%2e/weatherforecast'`,
  run: async (args, terminal) => {
    const { explainRequest, readTable, readTableFile } = await import('@mintmark/gateway')
    const { flags, positionals } = readFlags(args, {
      routes: { type: 'string', short: 'f' },
      host: { type: 'string' },
    })
    const [method, target, ...more] = positionals
    if (method === undefined || target === undefined || more.length > 0) {
      throw new UsageError('what to test is METHOD PATH, such as GET /weatherforecast')
    }
    const file = routesFile(flags, terminal)
    const host = typeof flags.host === 'string' ? flags.host : undefined
    const table = await withTable(() => readTable(readTableFile(file), file))
    const explanation = explainRequest(table, { method, target, host })
    terminal.out(
      linesOf(`${method} ${target}`, explanation)
        .map((line) => `${line}\n`)
        .join(''),
    )
    return explanation.route === undefined ? 1 : 0
  },
}
