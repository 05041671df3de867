import type { CredentialTrace, LeakAnswered, LeakFound, LeakOwner } from '@mintmark/protocol/admin'
import { withoutFractions } from '../terminal/times.ts'

/** A credential that leaked, or that got a leaked token, and what was got with it. */
export type Investigated = { readonly owner: LeakOwner; readonly trace: CredentialTrace }

/** Everything that is known, and what was done; no secret and no token is in it. */
export type Incident = {
  readonly leaked: string
  readonly time: string
  readonly since: string
  readonly token: LeakFound['token']
  readonly credentials: readonly Investigated[]
  readonly done: readonly Omit<LeakAnswered, 'secret'>[]
}

type Field = readonly [name: string, value: string | readonly string[] | undefined]

const time = (text: string | undefined): string | undefined => (text === undefined ? undefined : withoutFractions(text))

const mostLines = 10

const lines = <T>(all: readonly T[], line: (one: T) => string): string[] => [
  ...all.slice(0, mostLines).map(line),
  ...(all.length > mostLines ? [`and ${all.length - mostLines} more`] : []),
]

const used = ({ count, first, last }: { readonly count: number; readonly first: string; readonly last: string }) =>
  `${count} from ${time(first)} to ${time(last)}`

export const ownerFields = ({ owner, trace }: Investigated): readonly Field[] => [
  ['workspace', owner.workspace],
  ['client', owner.displayName === '' ? owner.client : `${owner.client} (${owner.displayName})`],
  ['client state', owner.clientEnabled ? undefined : 'disabled'],
  ['credential', `${owner.credential} (${owner.type}${owner.hint === undefined ? '' : ` …${owner.hint}`})`],
  ['state', `${owner.state}${owner.live ? '' : ': it proves nothing'}`],
  ['created', owner.createdBy === undefined ? time(owner.created) : `${time(owner.created)} by ${owner.createdBy}`],
  ['expires', time(owner.expires)],
  ['last used', owner.lastUsed && `${time(owner.lastUsed.time)} from ${owner.lastUsed.address}`],
  [
    'callers',
    owner.callers.length === 0
      ? undefined
      : lines(owner.callers, ({ time: at, ...who }) =>
          [time(at), who.address, who.instance, who.agent].filter((part) => part !== undefined).join(' '),
        ),
  ],
  ['tokens got', trace.tokens === undefined ? 'none' : used(trace.tokens)],
  ['for', lines(trace.apis, ({ api, scope, count }) => `${api} ${scope} (${count})`.replace(/ +/g, ' '))],
  ['from', lines(trace.addresses, ({ address, ...use }) => `${address}: ${used(use)}`)],
  ['refused', trace.refusals === 0 ? undefined : `${trace.refusals} requests of the client`],
  ['alive', trace.liveCount === 0 ? 'none' : `${trace.liveCount} ${trace.liveCount === 1 ? 'token' : 'tokens'}`],
  [
    '',
    trace.live.length === 0
      ? undefined
      : lines(trace.live, ({ jti, api, expires }) => `${jti} for ${api} until ${time(expires)}`),
  ],
]

export const tokenFields = (token: NonNullable<Incident['token']>): readonly Field[] => [
  ['token', token.jti],
  ['state', token.active ? 'alive' : `dead: ${token.reason ?? 'inactive'}`],
  ['issued', time(token.issued)],
  ['ends', time(token.expires)],
  ['audience', token.audience],
  ['scope', token.scope],
  ['bound', token.bound ? 'to a key or certificate: alone it is worthless' : undefined],
]

/** What happened, in the order of time. */
export const timeline = ({
  credentials,
  token,
  done,
  leaked,
  time: told,
}: Incident): readonly (readonly [string, string])[] =>
  [
    ...credentials.flatMap(({ owner, trace }) => {
      const name = `credential ${owner.credential} of ${owner.client}`
      return [
        [owner.created, `${name} was made${owner.createdBy === undefined ? '' : ` by ${owner.createdBy}`}`],
        [trace.tokens?.first, `first token with ${name} in the period looked at`],
        [trace.tokens?.last, `last token with ${name}`],
      ] as const
    }),
    [token?.issued, `the leaked token was issued to ${token?.client}`] as const,
    [told, `looked into: ${leaked}`] as const,
    ...done.map(
      ({ time: at, response, client, credential, revision }) =>
        [
          at,
          response === 'token-revoked'
            ? `the token of ${client} was revoked`
            : `credential ${credential} of ${client} was retired and its tokens revoked (revision ${revision})`,
        ] as const,
    ),
  ]
    .flatMap(([at, what]) => (at === undefined ? [] : [[withoutFractions(at), what] as const]))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
