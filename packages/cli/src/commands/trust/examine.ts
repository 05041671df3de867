import type { FederationTest } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { readStdin } from '../../connection/read-file.ts'
import { exitCode } from '../../exit-code.ts'
import { usageFailure } from '../../failure.ts'
import { safeText } from '../../terminal/safe-text.ts'
import { renderFields } from '../../terminal/table.ts'
import type { Screen } from '../../terminal/terminal.ts'
import { describeMatcher } from '../federation/matcher.ts'

const json = (value: unknown): string => safeText(JSON.stringify(value) ?? 'absent')

const renderClient = ({ client, federation, matched, problems, matchers }: FederationTest['clients'][number]): string =>
  [
    `${matched ? 'matches' : 'does not match'}: ${safeText(client)} (${safeText(federation)})`,
    ...problems.map((problem) => `  but ${safeText(problem)}`),
    ...matchers.map(({ matcher, holds, received }) => {
      const found = holds ? '' : `, found ${json(received)}`
      return `  ${holds ? 'yes' : 'no '} ${safeText(describeMatcher(matcher))}${found}`
    }),
    '',
  ].join('\n')

const render = ({ client, reason, token, trusts, clients }: FederationTest, screen: Screen): string => {
  const fields = renderFields(
    [
      ['would be', client === undefined ? 'nobody' : `client ${client}`],
      ['because', reason],
      ['issuer', token?.issuer || undefined],
      ['subject', token?.subject],
      ['audience', token === undefined ? undefined : json(token.audience)],
      ['expires', token?.expires],
    ],
    screen,
  )
  const believed = trusts.map(({ trust, problem }) =>
    safeText(
      problem === undefined ? `trust ${trust} believes it\n` : `trust ${trust} does not believe it: ${problem}\n`,
    ),
  )
  return (
    fields +
    believed.map((line) => `\n${line.trimEnd()}\n`).join('') +
    clients.map((one) => `\n${renderClient(one)}`).join('')
  )
}

export const trustTest = workspaceCommand({
  name: 'trust test',
  summary: 'Say which client a token of a platform, or an X.509-SVID, would be, and why not the others',
  details: 'Nothing is used up: a token that counts once may still be used. Ends with 1 when it would be nobody.',
  operands: {
    token: {
      summary: 'The token, or certificates as PEM; - reads stdin, which keeps a token out of the shell history',
    },
  },
  options: {},
  examples: [
    {
      line: 'kubectl create token invoices --audience https://id.example/acme/payments | mintmark trust test -',
      says: 'every client with each of its matchers',
    },
  ],
  run: async ({ admin, place, operands, output, stdin }) => {
    const token = (operands.token === '-' ? await readStdin(stdin) : operands.token).trim()
    if (token === '') throw usageFailure('there is no token: it is empty')
    const tested = await admin.testFederation(place, { token })
    output.result(tested, (screen) => render(tested, screen))
    return tested.outcome === 'client' ? undefined : exitCode.failed
  },
})
