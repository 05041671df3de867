import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { Revocation, Store } from '../src/store/store.ts'
import { openStore } from '../src/store/stores.ts'
import { startTestServer, type TestServer } from './fixtures.ts'
import { sharedPostgres } from './postgres/postgres-server.ts'
import { migratedDatabase } from './postgres/test-store.ts'

const many = 100_000
const hour = 3_600_000

/** A database, and how many rows a table of it has by its own account. */
type Place = {
  readonly store: string
  readonly count: (table: 'used_value' | 'revocation' | 'idempotency') => Promise<number>
}

const engines = [
  {
    name: 'SQLite',
    nodes: 1,
    create: async (_t: TestContext, directory: string): Promise<Place> => ({
      store: 'sqlite:mintmark.sqlite',
      count: async (table) => {
        const connection = new DatabaseSync(join(directory, 'mintmark.sqlite'), { readOnly: true })
        const found = connection.prepare(`SELECT count(*) AS count FROM ${table}`).get()
        connection.close()
        return Number(found?.count)
      },
    }),
  },
  {
    name: 'PostgreSQL, by two nodes at once',
    nodes: 2,
    create: async (t: TestContext): Promise<Place> => {
      const postgres = await sharedPostgres()
      const { name, url, drop } = await postgres.createDatabase(await migratedDatabase())
      t.after(drop)
      return {
        store: url,
        count: async (table) =>
          Number((await postgres.query(name, `SELECT count(*) AS count FROM ${table}`)).rows[0]?.count),
      }
    },
  },
] as const

/** Parts of so many numbers, in turn. */
const inParts = async (
  all: number,
  part: number,
  act: (from: number, to: number) => Promise<unknown>,
): Promise<void> => {
  for (let from = 0; from < all; from += part) await act(from, Math.min(all, from + part))
}

const digestOf = (name: string): string => createHash('sha256').update(name).digest('base64url')

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

/** What lives for minutes only: ids of assertions and of DPoP proofs, revoked tokens, answers to be repeated. */
const fill = async (store: Store, now: number): Promise<void> => {
  const expires = now + 300_000
  await inParts(many, 5000, (from, to) =>
    Promise.all(
      numbers(from, to).map((index) =>
        store.singleUse.use(digestOf(`${index % 2 === 0 ? 'assertion' : 'proof'} ${index}`), expires),
      ),
    ),
  )
  const revocation = (index: number): Revocation => ({
    workspace: 'acme/cases',
    subject: 'token',
    value: digestOf(`token ${index}`),
    issuedUntil: 0,
    expires: Math.floor(expires / 1000),
  })
  await inParts(many, 10_000, (from, to) => store.revocations.add(numbers(from, to).map(revocation), []))
  for (const index of numbers(0, 50)) {
    await store.idempotency.save({ key: `cli ${index}`, request: 'digest', response: 'sealed', expires })
  }
}

/** Tokens and revocations, until it is ended; returns how many were answered. */
const startRequests = (server: TestServer): (() => Promise<number>) => {
  let over = false
  let answered = 0
  const caller = async (): Promise<void> => {
    while (!over) {
      const token = await server.token('cb')
      const revoked = await server.post('/oauth2/revoke', { token }, server.basic('cb'))
      assert.equal(revoked.status, 200)
      answered += 1
    }
  }
  const running = Promise.all([caller(), caller()])
  return async () => {
    over = true
    await running
    return answered
  }
}

for (const { name, nodes, create } of engines) {
  test(`REL-044: a hundred thousand used ids and as many revocations are forgotten when they are over, while requests go on: ${name}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'mintmark-housekeeping-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const { store, count } = await create(t, directory)
    const opened = await openStore(store, directory)
    await fill(opened, Date.now())
    await opened.close()

    const settings = { store, masterKey: 'ab'.repeat(32) }
    const first = await startTestServer(t, { dataDirectory: directory, settings })
    // Each has a directory of its own; the workspace is there already.
    const others = await Promise.all(numbers(1, nodes).map(() => startTestServer(t, { settings })))
    const servers = [first, ...others]
    const purge = async (): Promise<void> => {
      for (const task of ['purge-used-values', 'purge-revocations', 'purge-idempotency']) {
        const ran = await Promise.all(servers.map(({ background }) => background.runNow(task)))
        assert.deepEqual(
          ran,
          servers.map(() => true),
        )
      }
    }
    await purge()
    assert.deepEqual(
      [await count('used_value'), await count('revocation'), await count('idempotency')],
      [many, many, 50],
    )

    for (const { clock } of servers) clock.advance(27 * hour)
    const lasting = first.clock.now() + 300_000
    assert.equal(await first.store.singleUse.use('lasting', lasting), true)
    const endRequests = startRequests(first)
    await purge()
    const answered = await endRequests()
    assert.ok(answered > 0)
    assert.equal(await count('used_value'), 1)
    assert.equal(await first.store.singleUse.use('lasting', lasting), false)
    assert.equal(await count('revocation'), answered, 'what was revoked meanwhile lives')
    assert.equal(await count('idempotency'), 0)
  })

  test(`REL-044: what is forgotten goes in small parts, or whole where nobody writes: ${name}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'mintmark-housekeeping-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const { store, count } = await create(t, directory)
    const opened = await openStore(store, directory)
    t.after(() => opened.close())
    const expires = 1000
    const rows = numbers(0, 2500).map((index) => ({
      workspace: 'acme/cases' as const,
      subject: 'token' as const,
      value: String(index),
      issuedUntil: 0,
      expires,
    }))
    await opened.revocations.add(rows, [])
    // One that is over, and was extended since.
    await opened.revocations.add([{ ...rows[0], value: '0', expires: 3000 } as Revocation], [])
    const parts = await Promise.all(Array.from({ length: nodes }, () => opened.revocations.purge(2000, 1000)))
    assert.ok(parts.every((part) => part <= 1000))
    assert.equal(await count('revocation'), 2500 - parts.reduce((sum, part) => sum + part, 0))
    while ((await opened.revocations.purge(2000, 1000)) > 0);
    assert.deepEqual(
      (await opened.revocations.listLive(0)).map(({ value }) => value),
      ['0'],
    )
  })
}
