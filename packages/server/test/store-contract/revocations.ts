import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Engine, freshStore } from './engine.ts'
import { event, oddTexts, otherWorkspace, revocation, workspace } from './rows.ts'

export const revocationContract = (engine: Engine): void => {
  test('a revocation lives until it expires, and its event is kept with it', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    const one = revocation('jti-1', { expires: 1000 })
    await store.revocations.add([one], [event({ type: 'token.revoked' })])
    assert.deepEqual(await store.revocations.listLive(999), [one])
    assert.deepEqual(await store.revocations.listLive(1000), [])
    assert.equal(await store.audit.newest(), 1)
    assert.deepEqual(await (await reopen()).revocations.listLive(999), [one])
  })

  test('subjects, values and workspaces are told apart', async (t) => {
    const { store } = await freshStore(t, engine)
    const all = [
      revocation('x'),
      revocation('x', { subject: 'client', issuedUntil: 7 }),
      revocation('x', { workspace: otherWorkspace }),
      revocation('', { subject: 'workspace', issuedUntil: 9 }),
      ...oddTexts.map((text) => revocation(text, { subject: 'credential' })),
    ]
    await store.revocations.add(all, [])
    const live = await store.revocations.listLive(0)
    const order = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort()
    assert.deepEqual(order(live), order(all))
  })

  test('adding again only ever extends: never does a dead token come back', async (t) => {
    const { store } = await freshStore(t, engine)
    let round = 0
    const decision = fc.record({ issuedUntil: fc.nat({ max: 1000 }), expires: fc.integer({ min: 1, max: 1000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(decision, { minLength: 1, maxLength: 6 }), async (decisions) => {
        round += 1
        const value = `client-${round}`
        for (const one of decisions) {
          await store.revocations.add([revocation(value, { subject: 'client', ...one })], [])
        }
        const stored = (await store.revocations.listLive(0)).find((row) => row.value === value)
        assert.equal(stored?.issuedUntil, Math.max(...decisions.map(({ issuedUntil }) => issuedUntil)))
        assert.equal(stored?.expires, Math.max(...decisions.map(({ expires }) => expires)))
      }),
      { numRuns: 30 },
    )
  })

  test('purging forgets the expired, at most as many as it is told', async (t) => {
    const { store } = await freshStore(t, engine)
    const rows = Array.from({ length: 10 }, (_, index) => revocation(`jti-${index}`, { expires: 100 + index }))
    await store.revocations.add(rows, [])
    assert.equal(await store.revocations.purge(99, 100), 0)
    assert.equal(await store.revocations.purge(104, 3), 3)
    assert.equal(await store.revocations.purge(104, 3), 2)
    assert.equal(await store.revocations.purge(104, 3), 0)
    assert.deepEqual(
      (await store.revocations.listLive(0)).map(({ expires }) => expires).toSorted(),
      [105, 106, 107, 108, 109],
    )
    assert.equal(
      (await store.revocations.listLive(0)).every((row) => row.workspace === workspace),
      true,
    )
  })
}
