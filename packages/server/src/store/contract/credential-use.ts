import type { WorkspaceKey } from '../../domain/workspace.ts'

export type CredentialUse = {
  readonly workspace: WorkspaceKey
  readonly client: string
  readonly credential: string
  /** Epoch milliseconds. */
  readonly time: number
  readonly address: string
  /** `User-Agent` of the caller, printable and short; empty where it sent none. */
  readonly agent: string
  /** What the process calls itself, `Mintmark-Instance`; empty where it sent none. */
  readonly instance: string
}

export type CredentialLastUse = Omit<CredentialUse, 'agent' | 'instance'>

export type CredentialUseStore = {
  /**
   * Keeps the latest use of each credential that is there, and by each of its latest callers; called lazily, never on the
   * token path.
   */
  readonly save: (uses: readonly CredentialUse[]) => Promise<void>
  /** When each credential of a client was used last. */
  readonly listOfClient: (workspace: WorkspaceKey, client: string) => Promise<readonly CredentialLastUse[]>
  /** Who used the credentials of a client, as far as they are still there: the latest first, so many of each credential. */
  readonly listCallers: (workspace: WorkspaceKey, client: string) => Promise<readonly CredentialUse[]>
  /** Forgets at most `limit` callers that were not seen since `before`; returns how many. */
  readonly purge: (before: number, limit: number) => Promise<number>
}
