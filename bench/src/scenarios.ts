import { forkContender } from './contenders/fork-contender.ts'
import { startMintmark } from './contenders/mintmark.ts'
import type { Api, ContenderOptions, RunningContender } from './contenders/target.ts'

export type Scenario = {
  /** Unique: contender and what is asked of it. */
  readonly name: string
  readonly kind: 'token' | 'introspection'
  readonly api: Api
  /** The scenario of node-oidc-provider that does the same, for the ratio of rates. */
  readonly peer?: string
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

/** In the order in which a round runs them. Each has a server process of its own, so that none warms or slows another. */
export const scenarios: readonly Scenario[] = [
  { name: floor, kind: 'token', api: 'es256', peer: peerOf.es256, start: bare },
  { name: 'mintmark es256', kind: 'token', api: 'es256', peer: peerOf.es256, start: startMintmark },
  { name: peerOf.es256, kind: 'token', api: 'es256', start: oidcProvider },
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
]
