import type { AuditOutage, WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { AuditRow, AuditStore } from '../store/store.ts'
import type { AuditEvent } from './events.ts'
import type { AuditSpool } from './spool.ts'

/** An event as the store keeps it, for writes that carry their events in their own transaction. */
export const auditRow = (event: AuditEvent, time: number): AuditRow => {
  const client = 'client' in event && event.client !== undefined ? event.client : ''
  return {
    time,
    type: event.type,
    workspace: event.workspace ?? '',
    client,
    reference: 'reference' in event ? event.reference : '',
    body: JSON.stringify(event),
  }
}

/**
 * Records a decision: durable when it resolves, so an answer that waits for it is in the log also after `kill -9`.
 * Rejects with `StoreUnavailableError`, and then the decision must not leave the server.
 */
export type RecordEvent = (event: AuditEvent) => Promise<void>

/** Where the events of a workspace go that goes on while the store takes none. */
export type GoingOn = {
  readonly spool: AuditSpool
  readonly auditOutage: (workspace: WorkspaceKey) => { readonly policy: AuditOutage; readonly asOf: number }
}

/** How much of the spool's room events of a type may take: guesses at secrets must not keep tokens from being issued. */
const shares: Readonly<Partial<Record<AuditEvent['type'], number>>> = { 'token.issued': 1, 'token.refused': 0.5 }

const shareOf = (event: AuditEvent): number | undefined =>
  'error' in event && event.error === 'temporarily_unavailable' ? undefined : shares[event.type]

export const createRecorder =
  ({
    audit,
    clock,
    goingOn,
  }: {
    readonly audit: Pick<AuditStore, 'append'>
    readonly clock: Clock
    readonly goingOn?: GoingOn | undefined
  }): RecordEvent =>
  (event) => {
    const row = auditRow(event, clock.now())
    const { workspace } = event
    const share = shareOf(event)
    if (goingOn === undefined || workspace === undefined || share === undefined) return audit.append(row)
    if (goingOn.auditOutage(workspace).policy === 'strict') return audit.append(row)
    return goingOn.spool.append(row, () => goingOn.auditOutage(workspace).asOf, share)
  }
