import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Engine, freshStore } from './engine.ts'
import { draft, event, otherWorkspace, time, workspace } from './rows.ts'

export const draftContract = (engine: Engine): void => {
  test('a draft is saved, read and listed as it is', async (t) => {
    const { store } = await freshStore(t, engine)
    const later = draft({ id: 'a-later', created: time + 1, note: 'ünï 100%' })
    assert.equal(await store.changes.saveDraft(draft(), []), 'saved')
    assert.equal(await store.changes.saveDraft(later, []), 'saved')
    assert.deepEqual(await store.changes.readDraft(workspace, 'a-later'), later)
    assert.deepEqual(await store.changes.listDrafts(workspace), [draft(), later])
    assert.equal(await store.changes.readDraft(otherWorkspace, 'draft-1'), undefined)
    assert.deepEqual(await store.changes.listDrafts(otherWorkspace), [])
  })

  test('a save against another version than the stored one is refused and leaves no event', async (t) => {
    const { store } = await freshStore(t, engine)
    await store.changes.saveDraft(draft(), [])
    const second = draft({ version: 2, operations: '[2]', base: 3, note: 'second' })
    assert.equal(await store.changes.saveDraft(second, [event()]), 'saved')
    for (const version of [1, 2, 4]) {
      assert.equal(await store.changes.saveDraft(draft({ version, operations: '[x]' }), [event()]), 'stale')
    }
    assert.equal(await store.changes.saveDraft(draft({ id: 'new', version: 2 }), []), 'stale')
    assert.deepEqual(await store.changes.readDraft(workspace, 'draft-1'), second)
    assert.equal(await store.audit.newest(), 1)
  })

  test('of saves of one version at the same time exactly one wins', async (t) => {
    const { store } = await freshStore(t, engine)
    const saves = await Promise.all(
      Array.from({ length: 10 }, (_, index) => store.changes.saveDraft(draft({ operations: `[${index}]` }), [])),
    )
    assert.equal(saves.filter((outcome) => outcome === 'saved').length, 1)
  })

  test('a draft is deleted once, with its event', async (t) => {
    const { store } = await freshStore(t, engine)
    await store.changes.saveDraft(draft(), [])
    assert.equal(await store.changes.deleteDraft(otherWorkspace, 'draft-1', [event()]), false)
    assert.equal(await store.changes.deleteDraft(workspace, 'draft-1', [event()]), true)
    assert.equal(await store.changes.deleteDraft(workspace, 'draft-1', [event()]), false)
    assert.equal(await store.changes.readDraft(workspace, 'draft-1'), undefined)
    assert.equal(await store.audit.newest(), 1)
  })
}
