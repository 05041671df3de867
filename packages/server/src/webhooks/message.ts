import type { WorkspaceKey } from '../domain/workspace.ts'
import { sha256 } from '../lib/digest.ts'
import type { SignedMessage } from './signature.ts'

/** An audit event that is, or was not yet, delivered. */
export type Announced = {
  readonly sequence: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly type: string
  /** The event as it was recorded, JSON. */
  readonly body: string
}

/** Whether an event type is among what a webhook asks for: types, and beginnings that end in a dot. */
export const isAskedFor = (type: string, events: readonly string[]): boolean =>
  events.some((wanted) => (wanted.endsWith('.') ? type.startsWith(wanted) : type === wanted))

/** `{ type, timestamp, data }`: what was recorded, under the number it has in the audit log; never a secret, nor a token. */
export const messageOf = (
  workspace: WorkspaceKey,
  webhook: string,
  { sequence, time, type, body }: Announced,
): SignedMessage => {
  const { type: _type, ...event } = JSON.parse(body) as Readonly<Record<string, unknown>>
  // From what is said and to whom, so that it is the same after a crash; the number alone may come again after a restore.
  const id = sha256(JSON.stringify([workspace, webhook, sequence, time, body]))
    .toString('base64url')
    .slice(0, 27)
  return {
    id: `msg_${id}`,
    body: JSON.stringify({ type, timestamp: new Date(time).toISOString(), data: { sequence, ...event } }),
  }
}
