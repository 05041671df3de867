import type { KeyAlgorithm } from './contenders/bench-key.ts'
import { forkContender } from './contenders/fork-contender.ts'
import { startMintmark, startMintmarkOnPostgres } from './contenders/mintmark.ts'
import type { Api, Authentication, ContenderOptions, RunningContender } from './contenders/target.ts'

export type Scenario = {
  /** Unique: contender and what is asked of it. */
  readonly name: string
  readonly kind: 'token' | 'introspection'
  readonly api: Api
  /** The scenario of node-oidc-provider that does the same, for the ratio of rates. */
  readonly peer?: string
  /** How its clients prove themselves; default `client_secret_basic`. */
  readonly authentication?: Authentication
  /** Of its clients' keys; default ES256. */
  readonly keyAlgorithm?: KeyAlgorithm
  /** Whether each token is bound to a key by a DPoP proof. */
  readonly dpop?: true
  /** The scenario of the same server with a secret and bearer tokens, for the ratio of rates. */
  readonly plain?: string
  /** The scenario that is the same over the embedded database, for the ratios of CPU and rate. */
  readonly embedded?: string
  /** Registered clients, where the scenario is about their number. */
  readonly clients?: number
  readonly start: (options: ContenderOptions) => Promise<RunningContender>
}

/** The scenario whose CPU per request all others are compared with. */
export const floor = 'bare es256'

const bare = (options: ContenderOptions) => forkContender('./bare.ts', options)
const oidcProvider = (options: ContenderOptions) => forkContender('./oidc-provider.ts', options)
const peerOf = {
  es256: 'oidc-provider es256',
  opaque: 'oidc-provider opaque',
  introspect: 'oidc-provider introspect opaque',
}

/** Stronger than a secret, with and without a key the token is bound to: each assertion and each proof is used once. */
const strongerWays = [
  { name: 'private_key_jwt', authentication: 'private_key_jwt' },
  { name: 'private_key_jwt PS256', authentication: 'private_key_jwt', keyAlgorithm: 'PS256' },
  { name: 'dpop', dpop: true },
  { name: 'private_key_jwt dpop', authentication: 'private_key_jwt', dpop: true },
] as const

const stronger = strongerWays.flatMap(({ name, ...way }): readonly Scenario[] => {
  const common = { kind: 'token', api: 'es256', ...way } as const
  const peer = `oidc-provider es256 ${name}`
  return [
    { name: `mintmark es256 ${name}`, ...common, peer, plain: 'mintmark es256', start: startMintmark },
    { name: peer, ...common, plain: peerOf.es256, start: oidcProvider },
  ]
})

/** The same server over PostgreSQL on the same machine, each with a database server of its own. */
const overPostgres: readonly Scenario[] = [
  { name: 'mintmark es256', kind: 'token', api: 'es256' },
  { name: 'mintmark es256 private_key_jwt', kind: 'token', api: 'es256', authentication: 'private_key_jwt' },
  { name: 'mintmark opaque', kind: 'token', api: 'opaque' },
  { name: 'mintmark introspect opaque', kind: 'introspection', api: 'opaque' },
].map(
  ({ name, ...asked }): Scenario => ({
    ...(asked as Omit<Scenario, 'name' | 'start'>),
    name: `${name} postgres`,
    embedded: name,
    start: startMintmarkOnPostgres,
  }),
)

/** In the order in which a round runs them. Each has a server process of its own, so that none warms or slows another. */
export const scenarios: readonly Scenario[] = [
  { name: floor, kind: 'token', api: 'es256', peer: peerOf.es256, start: bare },
  { name: 'mintmark es256', kind: 'token', api: 'es256', peer: peerOf.es256, start: startMintmark },
  { name: peerOf.es256, kind: 'token', api: 'es256', start: oidcProvider },
  ...stronger,
  { name: 'mintmark opaque', kind: 'token', api: 'opaque', peer: peerOf.opaque, start: startMintmark },
  { name: peerOf.opaque, kind: 'token', api: 'opaque', start: oidcProvider },
  { name: 'mintmark rs256', kind: 'token', api: 'rs256', start: startMintmark },
  { name: 'mintmark introspect es256', kind: 'introspection', api: 'es256', start: startMintmark },
  { name: 'mintmark introspect rs256', kind: 'introspection', api: 'rs256', start: startMintmark },
  {
    name: 'mintmark introspect opaque',
    kind: 'introspection',
    api: 'opaque',
    peer: peerOf.introspect,
    start: startMintmark,
  },
  { name: peerOf.introspect, kind: 'introspection', api: 'opaque', start: oidcProvider },
  ...overPostgres,
]
