import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow } from './audit.ts'
import type { EntityKind, TenantRow } from './configuration.ts'
import type { Ending } from './endings.ts'
import type { IdempotencyRecord } from './idempotency.ts'
import type { Revocation } from './revocations.ts'

/** One entity as a commit leaves it. */
export type EntityChange = {
  readonly kind: EntityKind
  readonly id: string
  readonly parent: string
  /** The revision of the entity this change was made against; 0: it must not exist. */
  readonly expectedRevision: number
  /**
   * The new body, or undefined to delete it and whatever belongs to it: a client's credentials, a workspace's everything
   * but its revisions, keys, revocations and audit events.
   */
  readonly body: string | undefined
  /** Names that only one entity of the whole server may hold, such as `path:/oauth/v2/oauth-token`; all it holds from now on. */
  readonly claims: readonly string[]
  /** What the revision's history keeps: bodies without secrets' hashes; undefined where there is none. */
  readonly before: string | undefined
  readonly after: string | undefined
  /** When it, or a part of it, ends; absent: never. */
  readonly endings?: readonly Ending[] | undefined
}

export type Commit = {
  readonly workspace: WorkspaceKey
  /** The workspace revision the changes were validated against; 0: the workspace must not exist. */
  readonly validatedAt: number
  readonly changes: readonly EntityChange[]
  readonly time: number
  /** Who: a client of the system workspace, such as `system/admin/cli`. */
  readonly actor: string
  readonly note: string
  /** A draft that this commit ends; a conflict when it is not there any more in this version. */
  readonly draft: { readonly id: string; readonly version: number } | undefined
  readonly idempotency: IdempotencyRecord | undefined
}

export type CommitResult =
  | { readonly outcome: 'committed'; readonly revision: number }
  /** The idempotency key was used meanwhile: find its answer. */
  | { readonly outcome: 'repeated' }
  /** Another commit came first: validate again and retry. */
  | { readonly outcome: 'moved'; readonly revision: number }
  /** Entities changed since the change was made, or a claim held by another. */
  | { readonly outcome: 'conflict'; readonly conflicts: readonly string[] }

/** What caches of every node must not keep. Hearing of the same change twice, or of one that was not made, does no harm. */
export type StoreChange =
  | ({ readonly about: 'configuration' } & CommittedChange)
  /** Keys of a workspace; undefined: of any. */
  | { readonly about: 'keys'; readonly workspace: WorkspaceKey | undefined }
  | { readonly about: 'revocations'; readonly revocations: readonly Revocation[] }
  /** Another node refuses somebody who failed too often, see `Told`. */
  | ({ readonly about: 'block' } & Told)
  /** News may have been missed: nothing that was read before may be believed. */
  | { readonly about: 'everything' }

/** What nodes tell each other and no table keeps: that attempts are refused, by what key, and the reference of its event. */
export type Told = { readonly key: string; readonly reference: string }

/** What a commit changed. */
export type CommittedChange = {
  readonly workspace: WorkspaceKey
  readonly entities: readonly { readonly kind: EntityKind; readonly id: string; readonly parent: string }[]
}

export type RevisionRow = {
  readonly number: number
  readonly time: number
  readonly actor: string
  readonly note: string
  /** JSON array of `{ kind, id, parent, before, after }`. */
  readonly changes: string
}

export type DraftRow = {
  readonly id: string
  readonly workspace: WorkspaceKey
  readonly base: number
  readonly created: number
  readonly actor: string
  readonly note: string
  /** Grows with each save; a save against another version than the stored one is refused. */
  readonly version: number
  /** JSON array of the staged operations. */
  readonly operations: string
}

export type ChangeStore = {
  readonly createTenant: (tenant: TenantRow, events: readonly AuditRow[]) => Promise<'created' | 'exists'>
  readonly commit: (commit: Commit, events: readonly AuditRow[]) => Promise<CommitResult>
  /** Newest first, numbers below `before`. */
  readonly listRevisions: (workspace: WorkspaceKey, before: number, limit: number) => Promise<readonly RevisionRow[]>
  /** Revisions after `from` up to and including `to`, oldest first. */
  readonly readRevisions: (workspace: WorkspaceKey, from: number, to: number) => Promise<readonly RevisionRow[]>
  /** Inserts (version 1) or replaces a draft whose stored version is one less. */
  readonly saveDraft: (draft: DraftRow, events: readonly AuditRow[]) => Promise<'saved' | 'stale'>
  readonly readDraft: (workspace: WorkspaceKey, id: string) => Promise<DraftRow | undefined>
  readonly listDrafts: (workspace: WorkspaceKey) => Promise<readonly DraftRow[]>
  readonly deleteDraft: (workspace: WorkspaceKey, id: string, events: readonly AuditRow[]) => Promise<boolean>
}
