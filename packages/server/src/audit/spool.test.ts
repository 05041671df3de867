import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from '../../test/until.ts'
import { createLog } from '../lib/log.ts'
import { openSpoolFile } from '../store/spool/spool-file.ts'
import { type AuditRow, type Store, StoreUnavailableError } from '../store/store.ts'
import { openStore } from '../store/stores.ts'
import { openAuditSpool } from './open-spool.ts'
import type { AuditSpool } from './spool.ts'

const row = (n: number): AuditRow => ({
  time: n,
  type: 'token.issued',
  workspace: 'default/demo',
  client: 'c',
  reference: '',
  body: `{"n":${n}}`,
})

const directoryOf = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-spool-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A store that a test takes away and gives back. */
const losable = (store: Store) => {
  let away = false
  const unlessAway = <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (away) throw new StoreUnavailableError('away')
      return act(...args)
    }
  }
  const { append, deliver } = store.audit
  return {
    store: { ...store, audit: { ...store.audit, append: unlessAway(append), deliver: unlessAway(deliver) } },
    lose: (lost: boolean) => {
      away = lost
    },
  }
}

const fixture = async (t: TestContext, { room = 1_000_000 } = {}) => {
  const directory = directoryOf(t)
  const opened = await openStore('sqlite:mintmark.sqlite', directory)
  t.after(() => opened.close())
  const { store, lose } = losable(opened)
  const path = join(directory, 'audit-spool')
  const begin = (): Promise<AuditSpool> =>
    openAuditSpool(path, {
      store,
      room,
      limit: 60_000,
      now: () => 1_000_000,
      elapsed: () => 100_000,
      log: createLog({ level: 'silent' }),
    })
  const stored = async (): Promise<readonly number[]> =>
    (await opened.audit.follow({}, 0, 10_000)).events.map(({ time }) => time)
  const recent = (): number => 90_000
  return { path, begin, lose, stored, recent }
}

test('as long as the store takes events there is no file', async (t) => {
  const { path, begin, stored, recent } = await fixture(t)
  const spool = await begin()
  for (const n of [1, 2, 3]) await spool.append(row(n), recent, 1)
  await spool.close()
  assert.deepEqual(await stored(), [1, 2, 3])
  assert.ok(!existsSync(path))
})

test('the event that the store did not take is refused, those after it wait on the disk and follow in their order', async (t) => {
  const { begin, lose, stored, recent } = await fixture(t)
  const spool = await begin()
  await spool.append(row(1), recent, 1)
  lose(true)
  await assert.rejects(spool.append(row(2), recent, 1), /away/)
  await Promise.all(Array.from({ length: 1200 }, (_, n) => spool.append(row(3 + n), recent, 1)))
  assert.equal(spool.load().events, 1200)
  assert.equal(spool.load().age, 1_000_000 / 1000 - 0.003)
  lose(false)
  await until('what was spooled is delivered', () => spool.load().events === 0)
  assert.deepEqual([spool.load().spooled, spool.load().delivered, spool.load().refused], [1200, 1200, 0])
  await spool.append(row(5000), recent, 1)
  await spool.close()
  assert.deepEqual(await stored(), [1, ...Array.from({ length: 1200 }, (_, n) => 3 + n), 5000])
})

test('what a process left is delivered by the next, each once, also when a part of it had been delivered', async (t) => {
  const { path, begin, lose, stored, recent } = await fixture(t)
  const left = openSpoolFile(path, { limit: 1_000_000, onRest: () => {} })
  for (let n = 0; n < 30; n += 1) await left.append(row(n))
  const first = await begin().catch((error: unknown) => error)
  assert.match(String(first), /another mintmark process uses/, 'nobody takes the spool of a process that lives')
  await left.close()
  const second = await begin()
  await until('what was spooled is delivered', () => second.load().events === 0)
  lose(true)
  await assert.rejects(second.append(row(30), recent, 1))
  for (const n of [31, 32]) await second.append(row(n), recent, 1)
  await second.close()
  lose(false)
  const third = await begin()
  await until('what was spooled is delivered', () => third.load().events === 0)
  await third.close()
  assert.deepEqual(await stored(), [...Array.from({ length: 30 }, (_, n) => n), 31, 32])
})

test('a copy of an older spool brings nothing twice, and nothing new is lost', async (t) => {
  const { path, begin, stored } = await fixture(t)
  const left = openSpoolFile(path, { limit: 1_000_000, onRest: () => {} })
  for (let n = 0; n < 3; n += 1) await left.append(row(n))
  const id = left.id()
  await left.close()
  const copy = readFileSync(path)
  const spool = await begin()
  await until('what was spooled is delivered', () => spool.load().events === 0)
  await spool.close()
  writeFileSync(path, copy)
  const again = await begin()
  await until('what was spooled is delivered', () => again.load().events === 0)
  await again.close()
  assert.ok(!readFileSync(path, 'utf8').includes(id), 'its numbers mean nothing any more')
  assert.deepEqual(await stored(), [0, 1, 2])
})

test('what was decided by too old knowledge is refused while the store is away', async (t) => {
  const { begin, lose, recent, stored } = await fixture(t)
  const spool = await begin()
  lose(true)
  await assert.rejects(spool.append(row(1), recent, 1))
  await assert.rejects(
    spool.append(row(2), () => 30_000, 1),
    /StoreUnavailableError: the store is away for longer than 60 s/,
  )
  await assert.rejects(
    spool.append(row(3), () => Number.NEGATIVE_INFINITY, 1),
    /longer than/,
  )
  lose(false)
  await spool.close()
  assert.deepEqual(await stored(), [])
})

test('refusals take half of the room at the most, and a full spool refuses', async (t) => {
  const { begin, lose, recent } = await fixture(t, { room: 4000 })
  const spool = await begin()
  lose(true)
  await assert.rejects(spool.append(row(0), recent, 1))
  const fill = async (share: number): Promise<number> => {
    for (let taken = 0; ; taken += 1) {
      const failed = await spool.append(row(taken), recent, share).catch((error: unknown) => error)
      if (failed !== undefined) {
        assert.ok(failed instanceof StoreUnavailableError)
        return taken
      }
    }
  }
  assert.ok((await fill(0.5)) > 5)
  assert.ok(spool.load().bytes < 2300)
  assert.ok((await fill(1)) > 5)
  assert.equal(spool.takes(), false)
  lose(false)
  await spool.close()
})
