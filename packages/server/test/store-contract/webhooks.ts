import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store, WebhookMessage, WebhookProgress } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, event, oddTexts, otherWorkspace, time, workspace } from './rows.ts'

const progress = (position: number, more: Partial<WebhookProgress> = {}): WebhookProgress => ({
  position,
  state: 'active',
  failingSince: undefined,
  lastSuccess: undefined,
  lastAttempt: undefined,
  lastOutcome: undefined,
  ...more,
})

const message = (sequence: number, more: Partial<WebhookMessage> = {}): WebhookMessage => ({
  sequence,
  time,
  type: 'credential.expiring',
  body: '{}',
  attempts: 1,
  due: time + 5000,
  lastOutcome: '500',
  ...more,
})

const record = (store: Store, keep: readonly WebhookMessage[], remove: readonly number[] = [], hurry = false) =>
  store.webhooks.record(workspace, 'alerts', { progress: progress(9), keep, remove, hurry }, [])

export const webhookContract = (engine: Engine): void => {
  test('a webhook begins with the commit that makes it, and reads its workspace but for issued tokens', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    await store.audit.append(event({ type: 'before' }))
    await commitNow(store, [change('webhook', 'alerts')], {}, [event({ type: 'configuration.changed' })])
    await store.audit.append(event())
    await store.audit.append(event({ type: 'other', workspace: otherWorkspace }))
    for (const body of oddTexts) await store.audit.append(event({ type: 'token.refused', reference: 'r', body }))
    const again = await reopen()
    const [row] = await again.webhooks.listAll()
    assert.ok(row)
    assert.deepEqual(await again.webhooks.list(workspace), [row])
    assert.deepEqual(await again.webhooks.list(otherWorkspace), [])
    assert.deepEqual(
      [row.workspace, row.id, row.revision, row.body, { ...row.progress, position: 0 }],
      [workspace, 'alerts', 1, '{"name":"alerts"}', progress(0)],
    )
    const all = await again.webhooks.follow(workspace, row.progress.position, 100)
    assert.deepEqual(
      all.map(({ type, body }) => [type, body]),
      [['configuration.changed', '{}'], ...oddTexts.map((body) => ['token.refused', body])],
    )
    assert.equal(all[1]?.reference, 'r')
    const first = await again.webhooks.follow(workspace, row.progress.position, 2)
    assert.deepEqual(first, all.slice(0, 2))
    assert.deepEqual(await again.webhooks.follow(workspace, first[1]?.sequence ?? 0, 100), all.slice(2))
  })

  test('what became of attempts is kept together: progress, messages, events', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    await commitNow(store, [change('webhook', 'alerts')])
    const now = progress(7, { state: 'failing', failingSince: 1, lastSuccess: 2, lastAttempt: 3, lastOutcome: '500' })
    const kept = { progress: now, keep: [message(5), message(6)], remove: [], hurry: false }
    await store.webhooks.record(workspace, 'alerts', kept, [event({ type: 'webhook.failing' })])
    await store.webhooks.record(workspace, 'none', kept, [event({ type: 'webhook.failing' })])
    const again = await reopen()
    assert.deepEqual((await again.webhooks.listAll())[0]?.progress, now)
    const behind = { progress: { ...now, position: 3 }, keep: [], remove: [], hurry: false }
    await again.webhooks.record(workspace, 'alerts', behind, [])
    assert.equal((await again.webhooks.listAll())[0]?.progress.position, 7, 'never back')
    assert.equal((await again.webhooks.follow(workspace, 0, 9)).length, 1)
    assert.deepEqual(await again.webhooks.due(workspace, 'alerts', time + 4999, 9), [])
    assert.deepEqual(await again.webhooks.due(workspace, 'alerts', time + 5000, 9), [message(5), message(6)])
    assert.deepEqual(await again.webhooks.counts(), [{ workspace, webhook: 'alerts', waiting: 2, dead: 0 }])
    await record(again, [message(6, { attempts: 2, due: undefined, lastOutcome: '503' })], [5])
    assert.deepEqual(await again.webhooks.messages(workspace, 'alerts', 'waiting', 0, 9), [])
    assert.deepEqual(await again.webhooks.messages(workspace, 'alerts', 'dead', 0, 9), [
      message(6, { attempts: 2, due: undefined, lastOutcome: '503' }),
    ])
  })

  test('what waits becomes due at once where its place takes messages again; dead letters stay', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('webhook', 'alerts')])
    await record(store, [message(1), message(2), message(3, { due: undefined })], [], true)
    assert.deepEqual(
      (await store.webhooks.due(workspace, 'alerts', 0, 9)).map(({ sequence }) => sequence),
      [1, 2],
    )
  })

  test('messages are sent again by number or all, and a webhook that was gone is active', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('webhook', 'alerts')])
    await record(store, [message(1, { due: undefined }), message(2, { due: undefined }), message(3)])
    const gone = { progress: progress(9, { state: 'gone', failingSince: 1 }), keep: [], remove: [], hurry: false }
    await store.webhooks.record(workspace, 'alerts', gone, [])
    assert.equal(await store.webhooks.resend(workspace, 'alerts', [2, 77], time), 1)
    assert.deepEqual((await store.webhooks.listAll())[0]?.progress, progress(9))
    assert.deepEqual(await store.webhooks.due(workspace, 'alerts', time, 9), [message(2, { attempts: 0, due: time })])
    assert.equal(await store.webhooks.resend(workspace, 'alerts', undefined, time), 3)
    await store.webhooks.record(workspace, 'alerts', gone, [])
    await commitNow(store, [change('webhook', 'alerts', { expectedRevision: 1, body: '{"new":1}' })])
    assert.equal((await store.webhooks.listAll())[0]?.progress.state, 'active')
  })

  test('dead letters are forgotten by the time of their event, a deleted webhook with everything', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('workspace', workspace), change('webhook', 'alerts'), change('webhook', 'more')])
    await record(store, [
      message(1, { due: undefined, time: 1 }),
      message(2, { time: 1 }),
      message(3, { due: undefined }),
    ])
    assert.equal(await store.webhooks.purge(time, 9), 1)
    assert.equal(await store.webhooks.purge(time, 9), 0)
    assert.deepEqual(await store.webhooks.counts(), [{ workspace, webhook: 'alerts', waiting: 1, dead: 1 }])
    await commitNow(store, [change('webhook', 'alerts', { expectedRevision: 1, body: undefined })])
    assert.deepEqual(await store.webhooks.counts(), [])
    assert.deepEqual(
      (await store.webhooks.listAll()).map(({ id }) => id),
      ['more'],
    )
    await store.webhooks.reseal([{ workspace, id: 'more', body: '{"sealed":1}' }])
    assert.equal((await store.webhooks.listAll())[0]?.body, '{"sealed":1}')
    await commitNow(store, [change('workspace', workspace, { expectedRevision: 1, body: undefined })])
    assert.deepEqual(await store.webhooks.listAll(), [])
  })
}
