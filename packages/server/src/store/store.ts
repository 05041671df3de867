import type { AuditStore } from './contract/audit.ts'
import type { ChangeStore, StoreChange, Told } from './contract/changes.ts'
import type { ConfigurationStore } from './contract/configuration.ts'
import type { CredentialUseStore } from './contract/credential-use.ts'
import type { EndingStore } from './contract/endings.ts'
import type { IdempotencyStore } from './contract/idempotency.ts'
import type { KeyStore } from './contract/keys.ts'
import type { MaintenanceStore } from './contract/maintenance.ts'
import type { RevocationStore } from './contract/revocations.ts'
import type { SettingStore } from './contract/settings.ts'
import type { SingleUseStore } from './contract/single-use.ts'
import type { WebhookStore } from './contract/webhooks.ts'

export type * from './contract/audit.ts'
export type * from './contract/changes.ts'
export type * from './contract/configuration.ts'
export type * from './contract/credential-use.ts'
export type * from './contract/endings.ts'
export type * from './contract/idempotency.ts'
export type * from './contract/keys.ts'
export type * from './contract/maintenance.ts'
export type * from './contract/revocations.ts'
export type * from './contract/settings.ts'
export type * from './contract/single-use.ts'
export type * from './contract/webhooks.ts'

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
  /** Tells every other node, at once or never; where there is no other, nobody. */
  readonly tell: (told: Told) => void
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
  /** By how much the clock of this node is ahead of the store's, in milliseconds: as asked last, and as it has jumped since. */
  readonly clockAhead: number
  /** Whether the clocks of most other nodes and of the store agree with one another and not with this node's. */
  readonly clockAside: boolean
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

/** What names a store is wrong, before anything is opened: a setting to be corrected. */
export class StoreAddressError extends StoreOpenError {}

/** Another process uses the store now, and only one may. */
export class StoreHeldError extends StoreOpenError {}
