import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ending } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, event, oddTexts, otherWorkspace, time, workspace } from './rows.ts'

const never = Number.MAX_SAFE_INTEGER

const credential = (id: string, endings: readonly Ending[], client = 'cb', expectedRevision = 0) =>
  change('credential', id, { parent: client, endings, expectedRevision })

const ending = (ends: number, announced = never, part = ''): Ending => ({ part, ends: time + ends, announced })

export const endingContract = (engine: Engine): void => {
  test('ends are found by how far before they were announced, the first to end first', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    await commitNow(store, [
      change('client', 'cb'),
      credential('s3', [ending(3)]),
      credential('s1', [ending(1)]),
      credential('s2', [ending(2, 60)]),
      credential('s0', []),
    ])
    await commitNow(store, [change('client', 'cb'), credential('s4', [ending(1)])], { workspace: otherWorkspace })
    const again = await reopen()
    assert.deepEqual(await again.endings.announced(workspace), [60, never])
    const due = async (until: number, announced = never) =>
      (await again.endings.due(workspace, announced, time + until, 10)).map(({ place }) => place.id)
    assert.deepEqual(await due(2), ['s1'])
    assert.deepEqual(await due(9), ['s1', 's3'])
    assert.deepEqual(await due(9, 60), ['s2'])
    assert.equal((await again.endings.due(workspace, never, time + 9, 1)).length, 1)
    const [row] = await again.endings.due(workspace, never, time + 9, 1)
    assert.deepEqual(row, {
      workspace,
      place: { kind: 'credential', id: 's1', parent: 'cb' },
      ...ending(1),
      body: '{"name":"s1"}',
    })
    assert.equal(await again.endings.count(workspace, time, time + 2), 2)
    assert.equal(await again.endings.count(workspace, time + 2, time + 9), 1)
  })

  test('an end is announced once, and its event is written with it', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'cb'), credential('s1', [ending(1)])])
    const [found] = await store.endings.due(workspace, never, time + 1, 10)
    assert.ok(found)
    const notice = { ending: found, announced: 60, event: event({ type: 'credential.expiring' }) }
    const other = { ...notice, ending: { ...found, ends: found.ends + 1 } }
    assert.deepEqual(await store.endings.announce([notice, notice, other]), [true, false, false])
    assert.deepEqual(await store.endings.announce([notice]), [false])
    assert.equal(await store.audit.newest(), 1)
    assert.deepEqual(await store.endings.announced(workspace), [60])
  })

  test('an end that stays keeps what was announced, one that moves does not', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'cb'), credential('s1', [ending(1), ending(2, never, 'part')])])
    const found = await store.endings.due(workspace, never, time + 9, 10)
    await store.endings.announce(found.map((one) => ({ ending: one, announced: 60, event: event() })))
    await commitNow(store, [credential('s1', [ending(1), ending(3, never, 'part')], 'cb', 1)])
    assert.deepEqual(
      (await store.endings.due(workspace, 60, time + 9, 10)).map(({ part }) => part),
      [''],
    )
    await store.endings.put(workspace, [
      { place: { kind: 'credential', id: 's1', parent: 'cb' }, endings: [ending(3, 5, 'part')] },
    ])
    assert.deepEqual(await store.endings.announced(workspace), [never])
    await store.endings.forget(workspace, [never])
    assert.deepEqual(await store.endings.announced(workspace), [])
  })

  test('what is deleted ends no more: a credential, its client, its workspace', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      change('workspace', workspace),
      change('client', 'cb'),
      change('client', 'cp'),
      credential('s1', [ending(1)]),
      credential('s2', [ending(2)]),
      credential('s3', [ending(3)], 'cp'),
    ])
    const left = async () => store.endings.count(workspace, 0, never)
    await commitNow(store, [{ ...credential('s1', [], 'cb', 1), body: undefined }])
    assert.equal(await left(), 2)
    await commitNow(store, [change('client', 'cb', { expectedRevision: 1, body: undefined })])
    assert.equal(await left(), 1)
    await commitNow(store, [change('workspace', workspace, { expectedRevision: 1, body: undefined })])
    assert.equal(await left(), 0)
  })

  test('lists go on after an end, whatever clients are called', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      ...oddTexts.map((id) => change('client', id)),
      ...oddTexts.map((id, index) => credential(`s${index}`, [ending(index < 5 ? 1 : 2)], id)),
    ])
    const seen: string[] = []
    let after: Parameters<typeof store.endings.list>[1]['after']
    for (;;) {
      const [row] = await store.endings.list(workspace, { from: 0, until: time + 9, after, limit: 1 })
      if (row === undefined) break
      seen.push(row.place.parent)
      after = { ends: row.ends, parent: row.place.parent, id: row.place.id, part: row.part }
    }
    assert.deepEqual(seen.toSorted(), [...oddTexts].sort())
    const none = await store.endings.list(workspace, {
      from: 0,
      until: never,
      announced: [5],
      after: undefined,
      limit: 9,
    })
    assert.deepEqual(none, [])
    const found: string[] = []
    let place = { parent: '', id: '' }
    for (;;) {
      const page = await store.endings.listCredentials(workspace, place, 3)
      found.push(...page.map((one) => one.place.parent))
      place = page.at(-1)?.place ?? place
      if (page.length < 3) break
    }
    assert.deepEqual(found.toSorted(), [...oddTexts].sort())
  })
}
