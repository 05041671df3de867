import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { readAddress } from '../../src/store/postgres/address.ts'
import { commit, createConnections } from '../../src/store/postgres/connections.ts'
import { type Store, StoreUnavailableError } from '../../src/store/store.ts'
import { openStore } from '../../src/store/stores.ts'
import { change, commitNow, event, revocation, time, workspace } from '../store-contract/rows.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { alterSystem } from './standby.ts'

// What is acknowledged is there, and stays there when the synchronous standby takes over.

const server = await startPostgres()
after(server.close)

test('a commit that PostgreSQL answers with ROLLBACK is not taken for one', async () => {
  const { name, url } = await server.createDatabase()
  await server.query(name, 'CREATE TABLE kept (x INTEGER)')
  const connections = createConnections({ address: readAddress(url), direct: true, limit: 1 })
  const { query, release } = await connections.acquire()
  await query('BEGIN')
  await query('INSERT INTO kept VALUES (1)')
  // Somebody has caught the error of a statement, and goes on.
  await assert.rejects(query('SELECT 1 / 0'), /division by zero/)
  await assert.rejects(commit(query), (error: Error) => {
    assert.ok(error instanceof StoreUnavailableError)
    assert.equal(error.message, 'PostgreSQL answered COMMIT with ROLLBACK')
    return true
  })
  await query('BEGIN')
  await query('INSERT INTO kept VALUES (2)')
  await commit(query)
  release()
  await connections.close()
  assert.deepEqual((await server.query(name, 'SELECT x FROM kept')).rows, [{ x: 2 }])
})

/** Ends, as an administrator does, what waits for a standby: PostgreSQL then acknowledges what only the primary has. */
const cancelWaiting = async (postgres: PostgresServer, database: string): Promise<void> => {
  for (const end = performance.now() + 5000; performance.now() < end; ) {
    const { rows } = await postgres.query(
      'postgres',
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
       WHERE datname = $1 AND wait_event = 'SyncRep' AND application_name = 'mintmark'`,
      [database],
    )
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail('nothing waited for a standby')
}

const writes: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  'an audit event': (store) => store.audit.append(event()),
  'a value that counts once': (store) => store.singleUse.use('assertion', time + 60_000),
  'a commit': (store) => commitNow(store, [change('client', 'a')]),
  'a revocation': (store) => store.revocations.add([revocation('jti-1')], [event()]),
}

for (const [what, write] of Object.entries(writes)) {
  test(`${what} that an administrator kept from waiting for the standby is not acknowledged`, async (t) => {
    const { name, url } = await server.createDatabase()
    const store = await openStore(url, '')
    t.after(async () => {
      await alterSystem(server, 'synchronous_standby_names', '')
      await store.close()
    })
    assert.equal(await store.configuration.readClient(workspace, 'a'), undefined)
    await alterSystem(server, 'synchronous_standby_names', 'nobody')
    const writing = assert.rejects(write(store), {
      name: 'StoreUnavailableError',
      message: 'what was committed may not be on the standby',
    })
    await cancelWaiting(server, name)
    await writing
  })
}

test('a database without a synchronous standby acknowledges at once', async (t) => {
  const { url } = await server.createDatabase()
  const store = await openStore(url, '')
  t.after(store.close)
  for (const write of Object.values(writes)) await write(store)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('SELECT (SELECT count(*)::int FROM audit_event) AS events')
  await client.end()
  assert.ok(rows[0]?.events >= 2)
})
