import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyRecord } from '../../src/domain/signing-key.ts'
import type { KeyTimes, Store } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { event, key, otherWorkspace, time, workspace } from './rows.ts'

const insert = (store: Store, record: KeyRecord, expectedNewest = '', update: readonly KeyTimes[] = []) =>
  store.keys.changeKeys(
    { workspace: record.workspace, algorithm: record.algorithm, expectedNewest, insert: [record], update },
    [],
  )

export const keyContract = (engine: Engine): void => {
  test('a key comes back as it was, times that are not set included', async (t) => {
    const { store } = await freshStore(t, engine)
    const set = key('k2', {
      created: time + 1,
      activeFrom: time + 2,
      retiredFrom: time + 3,
      goneFrom: time + 4,
      compromisedAt: time + 5,
    })
    await insert(store, key('k1'))
    await insert(store, set, 'k1')
    await insert(store, key('other', { workspace: otherWorkspace }))
    assert.deepEqual(await store.keys.listKeys(workspace), [key('k1'), set])
    assert.deepEqual((await store.keys.listAllKeys()).map(({ kid }) => kid).toSorted(), ['k1', 'k2', 'other'])
  })

  test('keys are changed only by who knows the newest one of workspace and algorithm', async (t) => {
    const { store } = await freshStore(t, engine)
    await insert(store, key('k1'))
    assert.equal(await insert(store, key('k2')), 'moved')
    assert.equal(await insert(store, key('k2'), 'k9'), 'moved')
    assert.equal(await insert(store, key('rsa', { algorithm: 'RS256' })), 'changed')
    assert.equal(await insert(store, key('k2', { created: time + 1 }), 'k1'), 'changed')
    assert.equal(await insert(store, key('k3', { created: time + 2 }), 'k1'), 'moved')
    assert.equal((await store.keys.listKeys(workspace)).length, 3)
  })

  test('of rotations at the same time exactly one wins, and only its event is kept', async (t) => {
    const { store } = await freshStore(t, engine)
    const rotate = (kid: string) =>
      store.keys.changeKeys({ workspace, algorithm: 'ES256', expectedNewest: '', insert: [key(kid)], update: [] }, [
        event({ type: 'key.created' }),
      ])
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(rotate))
    assert.deepEqual(outcomes.toSorted(), ['changed', 'moved', 'moved', 'moved'])
    assert.equal((await store.keys.listKeys(workspace)).length, 1)
    assert.equal(await store.audit.newest(), 1)
  })

  test('times of keys change together with an insertion, or not at all', async (t) => {
    const { store } = await freshStore(t, engine)
    await insert(store, key('k1'))
    const retired = {
      kid: 'k1',
      activeFrom: time,
      retiredFrom: time + 9,
      goneFrom: time + 10,
      compromisedAt: undefined,
    }
    assert.equal(await insert(store, key('k2', { created: time + 1 }), 'wrong', [retired]), 'moved')
    assert.equal((await store.keys.listKeys(workspace))[0]?.retiredFrom, undefined)
    await assert.rejects(insert(store, key('k1', { created: time + 1 }), 'k1', [retired]), {
      name: 'StoreUnavailableError',
    })
    assert.equal((await store.keys.listKeys(workspace))[0]?.retiredFrom, undefined)
    assert.equal(await insert(store, key('k2', { created: time + 1 }), 'k1', [retired]), 'changed')
    assert.deepEqual((await store.keys.listKeys(workspace))[0], key('k1', retired))
  })

  test('keys are sealed anew and deleted by their kid', async (t) => {
    const { store } = await freshStore(t, engine)
    await insert(store, key('k1'))
    await insert(store, key('k2', { created: time + 1 }), 'k1')
    await store.keys.resealKeys([{ kid: 'k1', sealedPrivateKey: 'bmV3' }])
    await store.keys.deleteKeys([], [])
    assert.deepEqual(
      (await store.keys.listKeys(workspace)).map(({ kid, sealedPrivateKey }) => [kid, sealedPrivateKey]),
      [
        ['k1', 'bmV3'],
        ['k2', 'c2VhbGVk'],
      ],
    )
    await store.keys.deleteKeys(['k1', 'unknown'], [])
    assert.deepEqual(
      (await store.keys.listKeys(workspace)).map(({ kid }) => kid),
      ['k2'],
    )
  })
}
