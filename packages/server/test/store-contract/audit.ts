import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AuditFilter, AuditRow } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { event, oddTexts, otherWorkspace, time, workspace } from './rows.ts'

const newest = Number.MAX_SAFE_INTEGER
const day = 86_400_000

export const auditContract = (engine: Engine): void => {
  test('an event is there when its append resolves, as it was', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    const rows = oddTexts.map((text, index) =>
      event({ body: JSON.stringify({ text }), client: text, reference: index % 2 === 0 ? '' : `ref-${index}` }),
    )
    for (const [index, row] of rows.entries()) {
      await store.audit.append(row)
      assert.equal(await store.audit.newest(), index + 1)
    }
    const stored = (await (await reopen()).audit.follow({}, 0, 100)).events
    assert.deepEqual(
      stored,
      rows.map((row, index) => ({ ...row, sequence: index + 1 })),
    )
  })

  test('events of concurrent appends are all kept, in the order of their calls', async (t) => {
    const { store } = await freshStore(t, engine)
    const bodies = Array.from({ length: 500 }, (_, index) => `{"n":${index}}`)
    await Promise.all(bodies.map((body) => store.audit.append(event({ body }))))
    const { events, position } = await store.audit.follow({}, 0, 1000)
    assert.deepEqual(
      events.map(({ body }) => body),
      bodies,
    )
    assert.equal(position, 500)
  })

  test('events that waited elsewhere are delivered once, in their order, however often and by whom it is tried', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    const rows = Array.from({ length: 20 }, (_, n) =>
      event({ body: `{"n":${n}}`, reference: n % 3 === 0 ? `r${n}` : '' }),
    )
    assert.equal(await store.audit.deliver('one', 0, []), 0)
    const tries = await Promise.all([1, 2, 3, 4].map(() => store.audit.deliver('one', 0, rows.slice(0, 12))))
    assert.deepEqual(tries, [12, 12, 12, 12])
    const again = await reopen()
    assert.equal(await again.audit.deliver('one', 0, rows), 12, 'what is there already is told, and not done')
    assert.equal(await again.audit.deliver('one', 12, rows.slice(12)), 20)
    assert.equal(await again.audit.deliver('another', 0, rows.slice(0, 1)), 1, 'each spool has numbers of its own')
    const { events } = await again.audit.follow({}, 0, 100)
    assert.deepEqual(
      events,
      [...rows, ...rows.slice(0, 1)].map((row, index) => ({ ...row, sequence: index + 1 })),
    )
  })

  test('a store that was put back to an earlier state takes deliveries from where they are', async (t) => {
    const { store } = await freshStore(t, engine)
    assert.equal(await store.audit.deliver('one', 40, [event()]), 41)
    assert.equal(await store.audit.newest(), 1)
  })

  test('events are listed newest first in pages, without a gap or a repetition', async (t) => {
    const { store } = await freshStore(t, engine)
    await Promise.all(Array.from({ length: 45 }, (_, index) => store.audit.append(event({ time: time + index }))))
    const seen: number[] = []
    let before: number | undefined = newest
    while (before !== undefined) {
      const page: Awaited<ReturnType<typeof store.audit.list>> = await store.audit.list({}, before, 10)
      seen.push(...page.events.map(({ sequence }) => sequence))
      before = page.next
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 45 }, (_, index) => 45 - index),
    )
  })

  test('following tells where to go on from, also when nothing fitted', async (t) => {
    const { store } = await freshStore(t, engine)
    assert.deepEqual(await store.audit.follow({}, 0, 10), { events: [], position: 0 })
    for (const client of ['a', 'b', 'a', 'b', 'b']) await store.audit.append(event({ client }))
    const first = await store.audit.follow({ client: 'a' }, 0, 1)
    assert.deepEqual([first.events.map(({ sequence }) => sequence), first.position], [[1], 1])
    const second = await store.audit.follow({ client: 'a' }, first.position, 10)
    assert.deepEqual([second.events.map(({ sequence }) => sequence), second.position], [[3], 5])
    assert.deepEqual(await store.audit.follow({ client: 'a' }, 5, 10), { events: [], position: 5 })
  })

  test('an event with what a database may not take for a text is recorded, and so are those beside it', async (t) => {
    const { store } = await freshStore(t, engine)
    await Promise.all([
      store.audit.append(event({ client: 'before' })),
      store.audit.append(event({ client: 'zero\0 half\uD800', body: JSON.stringify({ client: '\0' }) })),
      store.audit.append(event({ client: 'after' })),
    ])
    const { events } = await store.audit.follow({}, 0, 10)
    assert.deepEqual([events.length, events[0]?.client, events[2]?.client], [3, 'before', 'after'])
    assert.deepEqual(JSON.parse(events[1]?.body ?? ''), { client: '\0' })
  })

  test('an event is found by the reference of its refusal', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let index = 0; index < 30; index += 1) {
      await store.audit.append(event({ type: 'token.refused', reference: `ref-${index}` }))
    }
    const { events, next } = await store.audit.list({ reference: 'ref-7' }, newest, 10)
    assert.deepEqual([events.map(({ sequence }) => sequence), next], [[8], undefined])
    assert.deepEqual(await store.audit.list({ reference: 'ref-7', workspace: otherWorkspace }, newest, 10), {
      events: [],
      next: undefined,
    })
    assert.deepEqual((await store.audit.list({ reference: "ref-7' OR '1'='1" }, newest, 10)).events, [])
  })

  test('filters give what a plain comparison of every event gives', async (t) => {
    const { store } = await freshStore(t, engine)
    const row = fc.record({
      time: fc.integer({ min: time, max: time + 20 }),
      type: fc.constantFrom('token.issued', 'token.refused', 'tokens', 'key.created'),
      workspace: fc.constantFrom(workspace, otherWorkspace, ''),
      client: fc.constantFrom('cb', 'cx', ''),
      reference: fc.constantFrom('', 'r1'),
    })
    const rows: AuditRow[] = fc.sample(row, { numRuns: 300, seed: 42 }).map((one) => event(one))
    await Promise.all(rows.map((one) => store.audit.append(one)))
    const option = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
    const filter = fc.record({
      workspace: option(fc.constantFrom(workspace, otherWorkspace)),
      client: option(fc.constantFrom('cb', 'nobody')),
      reference: option(fc.constantFrom('r1')),
      types: option(fc.subarray(['token.', 'token.issued', 'key.', 'tokens'], { minLength: 1 })),
      until: option(fc.integer({ min: time, max: time + 21 })),
    })
    const fits = (one: AuditFilter) => (stored: AuditRow) =>
      (one.workspace ?? stored.workspace) === stored.workspace &&
      (one.client ?? stored.client) === stored.client &&
      (one.reference ?? stored.reference) === stored.reference &&
      stored.time < (one.until ?? Number.POSITIVE_INFINITY) &&
      (one.types?.some((type) => stored.type === type || (type.endsWith('.') && stored.type.startsWith(type))) ?? true)
    await fc.assert(
      fc.asyncProperty(filter, async (one) => {
        const expected = rows.flatMap((stored, index) => (fits(one)(stored) ? [index + 1] : []))
        const followed = await store.audit.follow(one, 0, 1000)
        assert.deepEqual(
          followed.events.map(({ sequence }) => sequence),
          expected,
        )
        const listed = await store.audit.list(one, newest, 1000)
        assert.deepEqual(
          listed.events.map(({ sequence }) => sequence),
          expected.toReversed(),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('a list since a time ends where older events begin', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let index = 0; index < 10; index += 1) await store.audit.append(event({ time: time + index }))
    const { events, next } = await store.audit.list({ since: time + 7, until: time + 9 }, newest, 10)
    assert.deepEqual([events.map(({ sequence }) => sequence), next], [[9, 8], undefined])
  })

  test('purging forgets the oldest, at most as many as it is told, and never gives a number again', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let index = 0; index < 10; index += 1) await store.audit.append(event({ time: time + index * day }))
    assert.equal(await store.audit.purge(time, 100), 0)
    assert.equal(await store.audit.purge(time + 5 * day, 3), 3)
    assert.equal(await store.audit.purge(time + 5 * day, 3), 2)
    assert.equal(await store.audit.purge(time + 5 * day, 3), 0)
    assert.equal((await store.audit.follow({}, 0, 100)).events[0]?.sequence, 6)
    assert.equal(await store.audit.purge(time + 100 * day, 100), 5)
    assert.equal(await store.audit.newest(), 0)
    await store.audit.append(event())
    assert.equal(await store.audit.newest(), 11)
  })

  test('an event that a clock running ahead dated later stays until its time, and stays alone', async (t) => {
    const { store } = await freshStore(t, engine)
    for (const offset of [0, 1000, 32, 1, 2, 0]) await store.audit.append(event({ time: time + offset * day }))
    assert.equal(await store.audit.purge(time + 10 * day, 100), 4)
    assert.deepEqual(
      (await store.audit.follow({}, 0, 100)).events.map(({ sequence }) => sequence),
      [2, 3],
    )
  })
}
