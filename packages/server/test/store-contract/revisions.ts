import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, time, workspace } from './rows.ts'

export const revisionContract = (engine: Engine): void => {
  test('a revision keeps who, when, why, and what was before and after', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(
      store,
      [
        change('client', 'a', { after: '{"shown":1}', body: '{"shown":1,"hash":"secret"}' }),
        change('credential', 's1', { parent: 'a', after: '{}' }),
      ],
      { note: 'it’s new', actor: 'system/admin/ann' },
    )
    const [revision] = await store.changes.listRevisions(workspace, 100, 1)
    assert.deepEqual(
      { ...revision, changes: JSON.parse(revision?.changes ?? '') },
      {
        number: 1,
        time,
        actor: 'system/admin/ann',
        note: 'it’s new',
        changes: [
          { kind: 'client', id: 'a', parent: '', after: '{"shown":1}' },
          { kind: 'credential', id: 's1', parent: 'a', after: '{}' },
        ],
      },
    )
    assert.ok(!revision?.changes.includes('hash'))
  })

  test('revisions are listed newest first in pages, and read oldest first between two', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let number = 1; number <= 12; number += 1) await commitNow(store, [change('client', `c${number}`)])
    const numbers = (rows: readonly { readonly number: number }[]) => rows.map(({ number }) => number)
    assert.deepEqual(numbers(await store.changes.listRevisions(workspace, Number.MAX_SAFE_INTEGER, 3)), [12, 11, 10])
    assert.deepEqual(numbers(await store.changes.listRevisions(workspace, 10, 3)), [9, 8, 7])
    assert.deepEqual(numbers(await store.changes.listRevisions(workspace, 1, 3)), [])
    assert.deepEqual(numbers(await store.changes.readRevisions(workspace, 9, 11)), [10, 11])
    assert.deepEqual(numbers(await store.changes.readRevisions(workspace, 0, 100)).length, 12)
    assert.deepEqual(await store.changes.readRevisions('acme/none', 0, 100), [])
  })
}
