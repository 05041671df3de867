import type { Clock } from '../lib/clock.ts'
import type { AuditRow, AuditStore } from '../store/store.ts'
import type { AuditEvent } from './events.ts'

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

export const createRecorder =
  ({ audit, clock }: { readonly audit: AuditStore; readonly clock: Clock }): RecordEvent =>
  (event) =>
    audit.append(auditRow(event, clock.now()))
