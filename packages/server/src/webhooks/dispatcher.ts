import type { Webhook } from '../domain/webhook.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { failure, type Log } from '../lib/log.ts'
import type { PostOutcome, PostPublic } from '../lib/post-public.ts'
import { repeat } from '../lib/repeat.ts'
import { readWebhookBody } from '../registry/webhook-body.ts'
import type { WebhookRow, WebhookStore } from '../store/store.ts'
import { createDelivery } from './delivery.ts'
import { type Announced, messageOf } from './message.ts'
import { createPlaces } from './places.ts'
import { outcomeText, verdictOf } from './progress.ts'
import { openSecrets } from './secrets.ts'
import { signedHeaders } from './signature.ts'

/** How often webhooks are looked at, in milliseconds. */
const interval = 1000
/** Messages under way at once; a webhook has one, so that a slow one keeps a place and nobody waiting. */
const atOnce = 64
/** How often what waits is counted, in rounds. */
const countEvery = 30

export type TestOutcome = { readonly delivered: boolean; readonly outcome: string; readonly milliseconds: number }

/** What is counted. */
export type WebhookStatistics = {
  readonly countDelivery: (outcome: 'taken' | 'failed' | 'gone' | 'dead') => void
  readonly setWebhooks: (state: string, webhooks: number) => void
  readonly setWebhookMessages: (state: string, messages: number) => void
}

export type Webhooks = {
  /** Brings every webhook up to date and waits for it, on the node that tells them. */
  readonly deliver: () => Promise<void>
  /** Sends a message that says nothing, once; undefined: there is no such webhook. */
  readonly test: (workspace: WorkspaceKey, webhook: string) => Promise<TestOutcome | undefined>
  /** Ends: what is under way is given up, and sent again by the next start. */
  readonly close: () => Promise<void>
}

/**
 * Tells webhooks what happens, from the audit log: an event is durable before anybody is told of it, and whoever records one
 * does not wait for that. Each webhook is worked on by itself, in order, one message at a time.
 */
export const createWebhooks = ({
  store,
  leads = () => true,
  masterKey,
  post,
  clock,
  elapsed,
  jitter = Math.random,
  log,
  statistics,
}: {
  readonly store: WebhookStore
  /** Whether this node is the one that tells webhooks; by default it is. */
  readonly leads?: () => boolean
  readonly masterKey: Uint8Array
  readonly post: PostPublic
  readonly clock: Clock
  readonly elapsed: () => number
  /** A number from 0 to 1. */
  readonly jitter?: () => number
  readonly log: Log
  readonly statistics: WebhookStatistics
}): Webhooks => {
  const closing = new AbortController()
  const inPlace = createPlaces(atOnce)
  const underway = new Map<string, Promise<void>>()
  let rounds = 0

  const send = async (
    { workspace }: Pick<WebhookRow, 'workspace'>,
    webhook: Webhook,
    event: Announced,
  ): Promise<PostOutcome | undefined> => {
    const outcome = await inPlace(async () => {
      if (closing.signal.aborted) return undefined
      const message = messageOf(workspace, webhook.id, event)
      const now = clock.now()
      const headers = signedHeaders(message, openSecrets(masterKey, workspace, webhook, now), now)
      return post(webhook.url, headers, message.body, closing.signal)
    })
    return closing.signal.aborted ? undefined : outcome
  }

  /** Another node goes on from where the lead was lost, also from a message that was under way: it is sent again. */
  const sendLeading: typeof send = async (...message) => {
    if (!leads()) return undefined
    const outcome = await send(...message)
    return leads() ? outcome : undefined
  }

  const bringUpToDate = createDelivery({
    store,
    send: sendLeading,
    leads,
    clock,
    jitter,
    onAttempt: statistics.countDelivery,
  })

  const begin = (row: WebhookRow): void => {
    const name = `${row.workspace}/${row.id}`
    if (underway.has(name)) return
    const work = bringUpToDate(row)
      .catch((error: unknown) => log.warn('webhook not worked on', { webhook: name, ...failure(error) }))
      .finally(() => underway.delete(name))
    underway.set(name, work)
  }

  const count = async (rows: readonly WebhookRow[]): Promise<void> => {
    const states = { active: 0, failing: 0, gone: 0, disabled: 0 }
    for (const { id, body, progress } of rows) {
      states[readWebhookBody(id, body).enabled ? progress.state : 'disabled'] += 1
    }
    for (const [state, webhooks] of Object.entries(states)) statistics.setWebhooks(state, webhooks)
    if (rounds % countEvery !== 0) return
    const counts = rows.length === 0 ? [] : await store.counts()
    for (const state of ['waiting', 'dead'] as const) {
      const messages = counts.reduce((sum, one) => sum + one[state], 0)
      statistics.setWebhookMessages(state, messages)
    }
  }

  const round = async (): Promise<void> => {
    if (!leads()) return
    const rows = await store.listAll()
    await count(rows)
    rounds += 1
    if (closing.signal.aborted) return
    for (const row of rows) begin(row)
  }

  const rounding = repeat(round, interval, (error) => log.warn('webhooks not read', failure(error)))

  return {
    deliver: async () => {
      await Promise.all(underway.values())
      await round()
      await Promise.all(underway.values())
    },
    test: async (workspace, id) => {
      const row = (await store.list(workspace)).find((one) => one.id === id)
      if (row === undefined) return undefined
      const began = elapsed()
      const event = {
        sequence: 0,
        time: clock.now(),
        type: 'webhook.test',
        body: JSON.stringify({ workspace, webhook: id }),
      }
      const outcome = (await send(row, readWebhookBody(id, row.body), event)) ?? { error: 'unreachable' }
      return {
        delivered: verdictOf(outcome) === 'taken',
        outcome: outcomeText(outcome),
        milliseconds: Math.round(elapsed() - began),
      }
    },
    close: async () => {
      closing.abort()
      await rounding.close()
      await Promise.all(underway.values())
    },
  }
}
