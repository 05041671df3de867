import type { KeyRecord } from '../domain/signing-key.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'

/**
 * What the server keeps, as narrow interfaces named after their use. Times come in as arguments, in epoch milliseconds.
 * Every write is durable when its promise resolves, whole or not at all, together with the audit events handed to it.
 * Every method rejects with `StoreUnavailableError` when it cannot know; nothing is guessed.
 */
export type Store = {
  readonly configuration: ConfigurationStore
  readonly changes: ChangeStore
  readonly keys: KeyStore
  readonly revocations: RevocationStore
  readonly audit: AuditStore
  readonly endings: EndingStore
  readonly webhooks: WebhookStore
  readonly credentialUse: CredentialUseStore
  readonly idempotency: IdempotencyStore
  readonly singleUse: SingleUseStore
  readonly settings: SettingStore
  readonly maintenance: MaintenanceStore
  /** Called with each change of any node, this one included, that is or may be committed; returns a function that ends it. */
  readonly subscribe: (listener: (change: StoreChange) => void) => () => void
  /**
   * Called before what was kept of the store is used. Where news of other nodes may be late by more than 3 seconds, everybody
   * who subscribed is told first to forget everything, at most once a second.
   */
  readonly catchUp: () => void
  /** Whether this node does what one node does for all; one node's work moves to another within 15 seconds of its end. */
  readonly leads: () => boolean
  /** What this node knows of the store without asking it. */
  readonly contact: () => StoreContact
  /** Flushes, checkpoints and closes. Further calls reject. */
  readonly close: () => Promise<void>
}

export type StoreContact = {
  /** Every change that was committed longer ago than this, on any node, was heard of here. Milliseconds. */
  readonly newsAge: number
  /** Whether it was tried in vain within the last 5 seconds to reach the store; false is no promise that it answers. */
  readonly unreachable: boolean
  /** By how much the clock of this node was ahead of the store's when it was asked last, in milliseconds. */
  readonly clockAhead: number
}

/** Options of a store, for its owner. */
export type StoreOptions = {
  /** Called when the store turns out to be damaged while it works; from then on it refuses every write. */
  readonly onDamage?: ((reason: string) => void) | undefined
  /** Called when news of other nodes cease to come, with the reason, and with undefined when they come again. */
  readonly onNews?: ((trouble: string | undefined) => void) | undefined
  /** What a PostgreSQL store is told besides its URL. */
  readonly postgres?: PostgresOptions | undefined
}

export type PostgresOptions = {
  /** Password of the URL's user, instead of one in the URL. */
  readonly password?: string | undefined
  /** URL of the server itself where the one of the store is a pooler's; by default that one. */
  readonly listenUrl?: string | undefined
  /** PEM file with the CAs of the database's certificate; by default those of Node. */
  readonly caFile?: string | undefined
  /** Allows a connection beyond loopback that is not encrypted, or whose other end is not verified. By default refused. */
  readonly insecure?: boolean | undefined
  /** Connections of this node at the most, 5 or more. By default 10. */
  readonly connections?: number | undefined
  /** Days audit events are kept, by which they are divided into parts that go whole. By default 90. */
  readonly auditRetention?: number | undefined
}

/**
 * The store cannot do it now: disk full, unwritable, locked, gone. Answered with 503. A write that it refuses was not done;
 * one whose answer was lost (the message says so) may have been, whole or not at all.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}

/** The store cannot be opened at all: damaged, of a newer version, held by another process. Stops the start. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
}

/** Another process uses the store now, and only one may. */
export class StoreHeldError extends StoreOpenError {}

// --- configuration: what workspaces, APIs, clients and credentials are now ---

/** Kinds of configuration, each a row of `registry/kinds.ts`. */
export type EntityKind = 'workspace' | 'api' | 'trust' | 'client' | 'credential' | 'rotation' | 'webhook'

export type Entity = {
  readonly kind: EntityKind
  readonly id: string
  /** The id of what it belongs to (a credential's client); empty otherwise. */
  readonly parent: string
  /** The workspace revision that last changed it. */
  readonly revision: number
  /** JSON, in the form its kind defines. */
  readonly body: string
}

/** Where an entity lies in its workspace. */
export type EntityPlace = Pick<Entity, 'kind' | 'id' | 'parent'>

export type WorkspaceRow = {
  readonly key: WorkspaceKey
  /** The number of the latest revision. */
  readonly revision: number
}

export type TenantRow = { readonly id: string; readonly displayName: string; readonly created: number }

export type ListRequest = {
  /** Return what comes after this id, in the order of ids; empty: from the start. */
  readonly after: string
  readonly limit: number
  /** Only ids or bodies that contain this text, taken literally but for the case of ASCII letters; empty: all. */
  readonly search: string
  /** Only what belongs to this; empty: all. */
  readonly parent: string
}

export type ConfigurationStore = {
  readonly listTenants: () => Promise<readonly TenantRow[]>
  readonly listWorkspaces: () => Promise<readonly WorkspaceRow[]>
  /** Every workspace's settings (kind `workspace`), for paths and aliases. */
  readonly listWorkspaceEntities: () => Promise<readonly (Entity & { readonly workspace: WorkspaceKey })[]>
  readonly readWorkspaceRow: (workspace: WorkspaceKey) => Promise<WorkspaceRow | undefined>
  readonly readEntity: (workspace: WorkspaceKey, kind: EntityKind, id: string) => Promise<Entity | undefined>
  readonly readAll: (workspace: WorkspaceKey, kind: EntityKind) => Promise<readonly Entity[]>
  /** A client and its credentials, in one read: the only read of the token path, and only when not cached. */
  readonly readClient: (
    workspace: WorkspaceKey,
    id: string,
  ) => Promise<{ readonly client: Entity; readonly credentials: readonly Entity[] } | undefined>
  readonly list: (workspace: WorkspaceKey, kind: EntityKind, request: ListRequest) => Promise<readonly Entity[]>
  /** The credentials of all workspaces whose hash has this `digest`, by an index: as quick when there is none. */
  readonly findSecret: (
    digest: string,
  ) => Promise<readonly { readonly workspace: WorkspaceKey; readonly entity: Entity }[]>
}

// --- changes: commits, revisions, drafts ---

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
  /** News may have been missed: nothing that was read before may be believed. */
  | { readonly about: 'everything' }

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

// --- keys ---

export type KeyTimes = Pick<KeyRecord, 'kid' | 'activeFrom' | 'retiredFrom' | 'goneFrom' | 'compromisedAt'>

export type KeyStore = {
  readonly listKeys: (workspace: WorkspaceKey) => Promise<readonly KeyRecord[]>
  readonly listAllKeys: () => Promise<readonly KeyRecord[]>
  /**
   * Inserts keys and changes times of others at once, only if the newest key of that workspace and algorithm is still
   * `expectedNewest` (empty: there is none); so that two nodes never both rotate.
   */
  readonly changeKeys: (
    change: {
      readonly workspace: WorkspaceKey
      readonly algorithm: string
      readonly expectedNewest: string
      readonly insert: readonly KeyRecord[]
      readonly update: readonly KeyTimes[]
    },
    events: readonly AuditRow[],
  ) => Promise<'changed' | 'moved'>
  /** Seals existing keys anew (rotation of the master key). */
  readonly resealKeys: (keys: readonly Pick<KeyRecord, 'kid' | 'sealedPrivateKey'>[]) => Promise<void>
  readonly deleteKeys: (kids: readonly string[], events: readonly AuditRow[]) => Promise<void>
}

// --- revocations ---

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

// --- audit ---

/** One audit event as stored: what is searched for in columns, the whole event as JSON. */
export type AuditRow = {
  readonly time: number
  readonly type: string
  readonly workspace: string
  readonly client: string
  /** Of a refusal; empty otherwise. */
  readonly reference: string
  readonly body: string
}

export type StoredAuditRow = AuditRow & { readonly sequence: number }

export type AuditFilter = {
  readonly workspace?: string | undefined
  readonly client?: string | undefined
  readonly reference?: string | undefined
  /** Types, or prefixes ending in a dot: `token.` */
  readonly types?: readonly string[] | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** What appending audit events costs, counted since the store was opened. */
export type AuditLoad = {
  /** Events that wait for a commit. */
  readonly queued: number
  readonly events: number
  readonly commits: number
  /** Time the commits took, from handing events over to knowing them durable, in seconds. */
  readonly commitSeconds: number
  readonly failures: number
}

export type AuditStore = {
  readonly load: () => AuditLoad
  /** Durable when it resolves; events of concurrent calls share one commit. */
  readonly append: (event: AuditRow) => Promise<void>
  /**
   * Appends events that waited somewhere else, each once however often it is tried: the store remembers of each spool how far it
   * is, in the same transaction.
   * @param spool a name that nothing else has
   * @param from the number of the first of these events among all of that spool
   * @returns up to which number they are there now: when it is beyond `from` already, nothing was appended
   */
  readonly deliver: (spool: string, from: number, events: readonly AuditRow[]) => Promise<number>
  /** Newest first, sequences below `before`; may return fewer than `limit` with a `next` to go on from. */
  readonly list: (
    filter: AuditFilter,
    before: number,
    limit: number,
  ) => Promise<{ readonly events: readonly StoredAuditRow[]; readonly next: number | undefined }>
  /** Oldest first, sequences above `after`: to follow. `position` is where to go on from, whether or not events fitted. */
  readonly follow: (
    filter: AuditFilter,
    after: number,
    limit: number,
  ) => Promise<{ readonly events: readonly StoredAuditRow[]; readonly position: number }>
  /** The sequence of the newest event, 0 when there is none. */
  readonly newest: () => Promise<number>
  /**
   * Forgets events older than `before`, about as many as `limit` at a time; returns how many went. Costs the same however
   * long the log is; events that a clock running ahead dated later stay until their time. A store that keeps events together
   * by their days, so that they go together, may keep them until all of those days are over.
   */
  readonly purge: (before: number, limit: number) => Promise<number>
}

// --- what comes to an end ---

/** An end of an entity or of a part of it, such as one of the trust anchors of a workspace. */
export type Ending = {
  /** Empty for the entity itself. */
  readonly part: string
  /** Epoch milliseconds. */
  readonly ends: number
  /** How far before it, in seconds, it was announced last; the meaning of each number is `policy/expiry-notices.ts`'s. */
  readonly announced: number
}

export type KnownEnding = Ending & { readonly workspace: WorkspaceKey; readonly place: EntityPlace }

/** An end with the body of the entity. */
export type EndingRow = KnownEnding & { readonly body: string }

export type EndingPage = {
  /** Ends after `from` up to and including `until`, epoch milliseconds. */
  readonly from: number
  readonly until: number
  /** Only those announced so far before. */
  readonly announced?: readonly number[]
  /** The last one of the page before. */
  readonly after:
    | { readonly ends: number; readonly parent: string; readonly id: string; readonly part: string }
    | undefined
  readonly limit: number
}

export type FoundCredential = { readonly place: EntityPlace; readonly body: string }

/** What ends and when, by indexes: to know what is near costs the same however much there is. */
export type EndingStore = {
  /** Makes the ends of entities these, for what a commit could not know; an end that stays keeps what was announced. */
  readonly put: (
    workspace: WorkspaceKey,
    all: readonly { readonly place: EntityPlace; readonly endings: readonly Ending[] }[],
  ) => Promise<void>
  /** The different `announced` of a workspace, ascending. */
  readonly announced: (workspace: WorkspaceKey) => Promise<readonly number[]>
  /** Those announced so far before that end until then, the first to end first. */
  readonly due: (
    workspace: WorkspaceKey,
    announced: number,
    until: number,
    limit: number,
  ) => Promise<readonly EndingRow[]>
  /** In the order of ends. */
  readonly list: (workspace: WorkspaceKey, page: EndingPage) => Promise<readonly EndingRow[]>
  readonly count: (workspace: WorkspaceKey, from: number, until: number) => Promise<number>
  /**
   * Writes an event for each end that is as it was read, and that it was announced; so that each is announced once, whoever
   * tries. True for each that was announced by this call.
   */
  readonly announce: (
    notices: readonly { readonly ending: KnownEnding; readonly announced: number; readonly event: AuditRow }[],
  ) => Promise<readonly boolean[]>
  readonly forget: (workspace: WorkspaceKey, announced: readonly number[]) => Promise<void>
  /** Credentials in the order of client and id, after one: to look at all of them in pieces. */
  readonly listCredentials: (
    workspace: WorkspaceKey,
    after: { readonly parent: string; readonly id: string },
    limit: number,
  ) => Promise<readonly FoundCredential[]>
}

// --- webhooks: how far each is in the audit log, and what it did not take ---

export type WebhookState = 'active' | 'failing' | 'gone'

export type WebhookProgress = {
  /** The audit event up to which everything was delivered or is a message below. */
  readonly position: number
  /** `failing` when nothing was taken for long, `gone` when its place said that it is no more: nothing is sent. */
  readonly state: WebhookState
  /** Epoch milliseconds: since when nothing was taken. */
  readonly failingSince: number | undefined
  readonly lastSuccess: number | undefined
  readonly lastAttempt: number | undefined
  /** A status, or a word of ours. */
  readonly lastOutcome: string | undefined
}

export type WebhookRow = {
  readonly workspace: WorkspaceKey
  readonly id: string
  readonly revision: number
  readonly body: string
  readonly progress: WebhookProgress
}

/** An event that was not taken when it was sent first. */
export type WebhookMessage = {
  readonly sequence: number
  readonly time: number
  readonly type: string
  readonly body: string
  readonly attempts: number
  /** Epoch milliseconds; undefined: it is not tried any more, a dead letter. */
  readonly due: number | undefined
  readonly lastOutcome: string
}

export type WebhookCounts = {
  readonly workspace: WorkspaceKey
  readonly webhook: string
  readonly waiting: number
  readonly dead: number
}

/**
 * A webhook begins with the commit that makes it: what is recorded from that commit on is for it. Changing it lets one that
 * was gone be tried again.
 */
export type WebhookStore = {
  readonly listAll: () => Promise<readonly WebhookRow[]>
  readonly list: (workspace: WorkspaceKey) => Promise<readonly WebhookRow[]>
  /** What happened in a workspace after a place in the log, oldest first; issued tokens are left out, and cost nothing. */
  readonly follow: (workspace: WorkspaceKey, after: number, limit: number) => Promise<readonly StoredAuditRow[]>
  /** What is to be tried again by now, oldest first. */
  readonly due: (
    workspace: WorkspaceKey,
    webhook: string,
    now: number,
    limit: number,
  ) => Promise<readonly WebhookMessage[]>
  /** What became of attempts: progress, messages as they are now, those that are done with. Nothing for one that is deleted. */
  readonly record: (
    workspace: WorkspaceKey,
    webhook: string,
    change: {
      readonly progress: WebhookProgress
      readonly keep: readonly WebhookMessage[]
      readonly remove: readonly number[]
      /** Makes everything that waits due: its place takes messages again. */
      readonly hurry: boolean
    },
    events: readonly AuditRow[],
  ) => Promise<void>
  readonly counts: () => Promise<readonly WebhookCounts[]>
  /** Messages that wait or are dead letters, oldest first. */
  readonly messages: (
    workspace: WorkspaceKey,
    webhook: string,
    kind: 'waiting' | 'dead',
    after: number,
    limit: number,
  ) => Promise<readonly WebhookMessage[]>
  /** Makes messages due as if they were new, and the webhook active; all of them without `sequences`. How many. */
  readonly resend: (
    workspace: WorkspaceKey,
    webhook: string,
    sequences: readonly number[] | undefined,
    now: number,
  ) => Promise<number>
  /** Forgets dead letters of events before a time; returns how many. */
  readonly purge: (before: number, limit: number) => Promise<number>
  /** Puts bodies in place of those there are, without a revision (rotation of the master key). */
  readonly reseal: (
    webhooks: readonly { readonly workspace: WorkspaceKey; readonly id: string; readonly body: string }[],
  ) => Promise<void>
}

// --- small things ---

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
  /** Keeps the latest use of each, and by each of its latest callers; called lazily, never on the token path. */
  readonly save: (uses: readonly CredentialUse[]) => Promise<void>
  /** When each credential of a client was used last. */
  readonly listOfClient: (workspace: WorkspaceKey, client: string) => Promise<readonly CredentialLastUse[]>
  /** Who used the credentials of a client, as far as they are still there: the latest first, so many of each credential. */
  readonly listCallers: (workspace: WorkspaceKey, client: string) => Promise<readonly CredentialUse[]>
  /** Forgets at most `limit` callers that were not seen since `before`; returns how many. */
  readonly purge: (before: number, limit: number) => Promise<number>
}

export type IdempotencyRecord = {
  /** Who and key, so that administrators do not share keys. */
  readonly key: string
  /** Digest of the request, to refuse a key used again for something else. */
  readonly request: string
  /** The answer given, sealed: it may hold a secret shown once. */
  readonly response: string
  readonly expires: number
}

export type IdempotencyStore = {
  readonly find: (key: string, now: number) => Promise<IdempotencyRecord | undefined>
  readonly save: (record: IdempotencyRecord) => Promise<void>
  readonly purge: (now: number, limit: number) => Promise<number>
}

/** Values that count once, such as the `jti` of a client assertion. */
export type SingleUseStore = {
  /**
   * Takes a value: true for the first call of all, on any node, durably; false for every other until it is purged. Calls
   * of concurrent requests share one commit.
   * @param digest of the value and of whose it is
   * @param expires when the value counts no more in any case; the same each time the same value comes, since a store may
   * look for a value only among those of its hour
   */
  readonly use: (digest: string, expires: number) => Promise<boolean>
  /** Forgets what expired before `now`, or before its hour, about as many as `limit` at a time; returns how many went. */
  readonly purge: (now: number, limit: number) => Promise<number>
}

/** Values of the server itself, such as the check of the master key. */
export type SettingStore = {
  readonly read: (name: string) => Promise<string | undefined>
  readonly write: (name: string, value: string) => Promise<void>
  /** Writes a value where there is none; returns the one that is there then, whichever node wrote it. */
  readonly keep: (name: string, value: string) => Promise<string>
}

export type MaintenanceStore = {
  /** Rejects with `StoreUnavailableError` when the store cannot take a write now. */
  readonly checkWritable: () => Promise<void>
  /**
   * Copies the store as it is now to a new file (mode 0600) while it works; the file appears when it is whole.
   * @param progress called with the parts copied and the parts in all
   * @throws StoreUnavailableError when the file exists or cannot be written
   */
  readonly backup: (file: string, progress?: (done: number, total: number) => void) => Promise<void>
}
