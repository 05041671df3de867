import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, StoredAuditRow } from './audit.ts'

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
