import type { Clock } from './clock.ts'
import type { ClientCredential } from './credential.ts'
import type { IssuedToken } from './issued-token.ts'
import type { BareTokenEvent } from './token-event.ts'
import type { TokenNeed } from './token-keeper.ts'

export interface SharedTokenOptions {
  /** Everything that a token depends on: server, client, scopes, resources. */
  readonly identity: readonly unknown[]
  /** The client's credentials, the one that worked last first. */
  readonly credentials: () => readonly ClientCredential[]
  /** Milliseconds a credential, or waiting for other processes, may take. */
  readonly patience: number
  readonly clock: Clock
  readonly onEvent: (event: BareTokenEvent) => void
}

/** Shares tokens with other processes. Made by `sharedTokenCache` from a store, or by `fileTokenCache`. */
export interface TokenCache {
  /** Puts the cache before the function that asks the server. */
  share(
    options: SharedTokenOptions,
    fetchToken: (need: TokenNeed) => Promise<IssuedToken>,
  ): (need: TokenNeed) => Promise<IssuedToken>
}
