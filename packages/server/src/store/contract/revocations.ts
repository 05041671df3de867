import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow } from './audit.ts'

export type RevocationSubject = 'token' | 'credential' | 'client' | 'workspace' | 'key'

/** A decision that tokens are dead. Digests and ids only: nothing here can be used as a token. */
export type Revocation = {
  readonly workspace: WorkspaceKey
  readonly subject: RevocationSubject
  /** The token's `jti`, the credential's id as `client/credential`, the client's id, the `kid`; empty for a workspace. */
  readonly value: string
  /** Tokens issued at or before this time (epoch seconds) are dead; for `token` and `key` all are. */
  readonly issuedUntil: number
  /** From when (epoch seconds) no token it speaks of can be alive, so that it may be forgotten. */
  readonly expires: number
}

export type RevocationStore = {
  readonly add: (revocations: readonly Revocation[], events: readonly AuditRow[]) => Promise<void>
  readonly listLive: (now: number) => Promise<readonly Revocation[]>
  /** Forgets at most `limit` that expired before `now` (epoch seconds); returns how many. */
  readonly purge: (now: number, limit: number) => Promise<number>
}
