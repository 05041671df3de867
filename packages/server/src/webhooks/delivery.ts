import { auditRow } from '../audit/record.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { Clock } from '../lib/clock.ts'
import type { PostOutcome } from '../lib/post-public.ts'
import { readWebhookBody } from '../registry/webhook-body.ts'
import type { StoredAuditRow, WebhookMessage, WebhookProgress, WebhookRow, WebhookStore } from '../store/store.ts'
import { type Announced, isAskedFor } from './message.ts'
import { afterAttempt, outcomeText, type Verdict, verdictOf } from './progress.ts'
import { pauseAfter } from './retry-schedule.ts'

/** Sends one message and says what became of it; undefined when the server closes or loses the lead meanwhile, and nothing is known. */
export type Send = (row: WebhookRow, webhook: Webhook, event: Announced) => Promise<PostOutcome | undefined>

/** Events read, and messages tried again, at once. */
const batch = 50
/** Messages that may wait for a webhook; with more, further events wait in the log, which has room. */
export const maximumWaiting = 100

type MaybeOwn = {
  readonly webhook?: unknown
  readonly changes?: readonly { readonly action: string; readonly kind: string; readonly id: string }[]
}

/** What a webhook says of itself it need not be told, nor that it was made: whoever listens there may not be ready yet. */
const isOwn = (webhook: string, { type, body }: StoredAuditRow): boolean => {
  if (type.startsWith('webhook.')) return (JSON.parse(body) as MaybeOwn).webhook === webhook
  if (type !== 'configuration.changed') return false
  const [change, ...others] = (JSON.parse(body) as MaybeOwn).changes ?? []
  return others.length === 0 && change?.action === 'created' && change.kind === 'webhook' && change.id === webhook
}

/**
 * Brings one webhook up to date: first what is to be tried again, then what is new, one message at a time. What is not taken
 * becomes a message with a time of its own, so that one that is never taken holds up no other; the order is then lost. A crash
 * repeats what was sent since the last record, never more than a batch, and leaves nothing out.
 */
export const createDelivery = ({
  store,
  send,
  leads,
  clock,
  jitter,
  onAttempt,
}: {
  readonly store: WebhookStore
  readonly send: Send
  /** Whether this node still is the one that tells webhooks. */
  readonly leads: () => boolean
  readonly clock: Clock
  readonly jitter: () => number
  readonly onAttempt: (verdict: Verdict | 'dead') => void
}): ((row: WebhookRow) => Promise<void>) => {
  /** How far events were read that nobody asked for: where a restart begins again does not matter. */
  const passed = new Map<string, number>()

  return async (row) => {
    const { workspace, id } = row
    const webhook = readWebhookBody(id, row.body)
    if (!webhook.enabled || row.progress.state === 'gone') return
    let progress: WebhookProgress = row.progress

    /** Sends, and records what became of it unless that can wait; undefined: nobody knows, since the server closes. */
    const attempt = async (event: Announced, attempts: number, position: number): Promise<Verdict | undefined> => {
      const outcome = await send(row, webhook, event)
      if (outcome === undefined) return undefined
      const now = clock.now()
      const after = afterAttempt({ workspace, webhook: id }, progress, outcome, now)
      const verdict = verdictOf(outcome)
      const pause = verdict === 'gone' ? 0 : pauseAfter(attempts + 1, jitter())
      onAttempt(verdict === 'failed' && pause === undefined ? 'dead' : verdict)
      const taken = verdict === 'taken'
      progress = { ...after.progress, position }
      // What was new and taken is recorded with its batch.
      if (taken && attempts === 0 && after.events.length === 0) return verdict
      const { sequence, time, type, body } = event
      const due = pause === undefined ? undefined : now + pause
      const kept: WebhookMessage = {
        sequence,
        time,
        type,
        body,
        attempts: attempts + 1,
        due,
        lastOutcome: outcomeText(outcome),
      }
      await store.record(
        workspace,
        id,
        { progress, keep: taken ? [] : [kept], remove: taken ? [sequence] : [], hurry: after.recovered },
        after.events.map((one) => auditRow(one, now)),
      )
      return verdict
    }

    const recordProgress = () => store.record(workspace, id, { progress, keep: [], remove: [], hurry: false }, [])

    for (const message of await store.due(workspace, id, clock.now(), batch)) {
      // One that is sent again by hand has no attempts, and is recorded as one that has.
      const verdict = await attempt(message, Math.max(1, message.attempts), progress.position)
      if (verdict === undefined || verdict === 'gone') return
    }

    const name = `${workspace}/${id}`
    for (;;) {
      const after = Math.max(progress.position, passed.get(name) ?? 0)
      const events = await store.follow(workspace, after, batch)
      const asked = events.filter((event) => isAskedFor(event.type, webhook.events) && !isOwn(id, event))
      if (asked.length > 0) {
        const waiting = await store.messages(workspace, id, 'waiting', 0, maximumWaiting)
        if (waiting.length >= maximumWaiting) return
      }
      for (const event of asked) {
        const verdict = await attempt(event, 0, event.sequence)
        // Whoever leads by now has gone on from here, and must not be put back.
        if (verdict === undefined) return leads() ? recordProgress() : undefined
        if (verdict !== 'taken') return
      }
      const last = events.at(-1)
      if (last === undefined) return
      passed.set(name, last.sequence)
      if (asked.length > 0) {
        progress = { ...progress, position: last.sequence }
        await recordProgress()
      }
      if (events.length < batch) return
    }
  }
}
