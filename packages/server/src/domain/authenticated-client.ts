import type { Client } from './client.ts'

/** Who asks: a client that has proven itself. */
export type AuthenticatedClient = {
  readonly client: Client
  readonly credentialId: string
  /** The authentication method it used. */
  readonly method: string
  /** Seconds its tokens may live at the most, because its proof ends then; undefined: as long as they may otherwise. */
  readonly longestLifetime?: number | undefined
}
