import type { TokenInspection } from '@mintmark/protocol/admin'
import { safeText } from '../terminal/safe-text.ts'
import { renderFields } from '../terminal/table.ts'
import type { Screen } from '../terminal/terminal.ts'
import { relative } from '../terminal/times.ts'
import type { TokenExplanation } from './explain-token.ts'

const times: readonly string[] = ['exp', 'nbf', 'iat', 'auth_time']

const claimText = (name: string, value: unknown, now: number): string => {
  if (times.includes(name) && typeof value === 'number') return `${value} = ${relative(value * 1000, now)}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const members = (object: Readonly<Record<string, unknown>>, now: number) =>
  Object.entries(object).map(([name, value]) => [safeText(name), claimText(name, value, now)] as const)

const section = (title: string, text: string, { paint }: Screen): string =>
  `${paint('bold', title)}\n${text.replace(/^(?=.)/gm, '  ')}`

const problemsText = (problems: readonly string[], { paint }: Screen): string =>
  problems.map((problem) => `${paint('yellow', '!')} ${safeText(problem)}\n`).join('')

/** What the token itself says, for people. */
export const renderExplanation = (explanation: TokenExplanation, now: number, screen: Screen): string => {
  const problems = explanation.problems.length === 0 ? [] : [problemsText(explanation.problems, screen)]
  if (explanation.format === 'unknown') return problems.join('')
  if (explanation.format === 'opaque') {
    const fields = [
      ['format', 'opaque: only the server that issued it can read it'],
      ['checksum', explanation.checksum],
    ] as const
    return [renderFields(fields, screen), ...problems].join('\n')
  }
  return [
    section('Header', renderFields(members(explanation.header, now), screen), screen),
    section('Claims', renderFields(members(explanation.claims, now), screen), screen),
    ...problems,
  ].join('\n')
}

/** The server names the check that failed; these are its words for people. */
const reasons: Readonly<Record<string, string>> = {
  authentic: 'it is no token of this workspace, or it was altered',
  issuer: 'another issuer is named in it',
  expired: 'it has expired',
  'issued-in-the-future': 'it was issued in the future: a clock is wrong',
  'not-revoked': 'it was revoked',
  'client-known': 'its client is gone',
  'client-enabled': 'its client is disabled',
  'credential-known': 'the secret it was got with is gone',
  'api-enabled': 'the API it is for is gone or disabled',
}

/** What the server says of it. */
export const renderInspection = (
  { active, reason, kid, credential, claims }: TokenInspection,
  explanation: TokenExplanation,
  now: number,
  screen: Screen,
): string => {
  const state = renderFields(
    [
      ['state', active ? 'alive' : 'dead'],
      ['why', reason === undefined ? undefined : (reasons[reason] ?? reason)],
      ['key', kid],
      ['secret', credential],
    ],
    screen,
  )
  const said = claims === undefined || explanation.format === 'jwt' ? '' : renderFields(members(claims, now), screen)
  return section('The server says', state + said, screen)
}
