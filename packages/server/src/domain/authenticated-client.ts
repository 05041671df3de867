import type { Client } from './client.ts'

/** Who asks: a client that has proven itself. */
export type AuthenticatedClient = {
  readonly client: Client
  readonly credentialId: string
  /** The authentication method it used. */
  readonly method: string
}
