import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../src/store/stores.ts'
import { sharedPostgres } from './postgres-server.ts'
import { migratedDatabase } from './test-store.ts'

/** Milliseconds within which another node leads. */
const bound = 15_000

const until = async (what: string, holds: () => boolean): Promise<number> => {
  const began = performance.now()
  while (!holds()) {
    assert.ok(performance.now() - began < bound, `in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return Math.round(performance.now() - began)
}

type Leading = { readonly child: ChildProcess; readonly said: string[] }

/** A process of its own that leads, and a store in this one that waits for the lead. */
const leaderAndNext = async (t: TestContext) => {
  const server = await sharedPostgres()
  const { name, url, drop } = await server.createDatabase(await migratedDatabase())
  t.after(drop)
  const program = fileURLToPath(new URL('leading-node.ts', import.meta.url))
  const child = spawn(process.execPath, [program, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const leading: Leading = { child, said: [] }
  child.stdout?.on('data', (chunk: Buffer) => leading.said.push(...chunk.toString().trim().split('\n')))
  await until('the process leads', () => leading.said.at(-1) === 'true')
  const next = await openStore(url, '')
  t.after(next.close)
  assert.equal(next.leads(), false)
  return { ...leading, next, query: (text: string) => server.query(name, text) }
}

test('another node leads at once when the leading one is killed', async (t) => {
  const { child, next } = await leaderAndNext(t)
  child.kill('SIGKILL')
  t.diagnostic(`${await until('another leads', next.leads)} ms`)
})

test('another node leads when the leading one is frozen, and it knows when it is thawed', async (t) => {
  const { child, said, next } = await leaderAndNext(t)
  child.kill('SIGSTOP')
  t.diagnostic(`${await until('another leads', next.leads)} ms`)
  said.length = 0
  child.kill('SIGCONT')
  await until('it goes on', () => said.length > 40)
  // The first line may have been half written when it was frozen.
  assert.deepEqual(new Set(said.slice(1)), new Set(['false']))
  assert.equal(next.leads(), true)
})

test('another node leads also when the server has so much to tell the frozen one that it waits to send it', async (t) => {
  const { child, said, next, query } = await leaderAndNext(t)
  child.kill('SIGSTOP')
  const began = performance.now()
  for (let round = 0; round < 40; round += 1) {
    await query("SELECT count(pg_notify('mintmark_public', repeat('x', 7900) || n)) FROM generate_series(1, 100) AS n")
  }
  const { rows } = await query(
    "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'mintmark news' AND datname = current_database()",
  )
  t.diagnostic(`sessions wait for ${rows.map(({ wait_event: wait }) => wait).join(', ')}`)
  assert.ok(
    rows.some(({ wait_event: wait }) => wait === 'ClientWrite'),
    'the server waits to send',
  )
  await until('another leads', next.leads)
  t.diagnostic(`${Math.round(performance.now() - began)} ms`)
  said.length = 0
  child.kill('SIGCONT')
  await until('it goes on', () => said.length > 20)
  assert.deepEqual(new Set(said.slice(1)), new Set(['false']))
})
