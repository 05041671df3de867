import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAddress } from '../../src/store/postgres/address.ts'
import { type Connection, createConnections } from '../../src/store/postgres/connections.ts'
import { sharedPostgres } from './postgres-server.ts'

test('a connection that is given back within a transaction is not given out again', async (t) => {
  const postgres = await sharedPostgres()
  const { url, drop } = await postgres.createDatabase()
  const connections = createConnections({ address: readAddress(url, {}), direct: true, limit: 1 })
  t.after(async () => {
    await connections.close()
    await drop()
  })
  for (const last of ['SELECT 1', 'SELECT 1 / 0']) {
    const connection = await connections.acquire()
    await connection.query('BEGIN')
    await connection.query(last).catch(() => {})
    connection.release()
    const { rows } = await connections.query('SELECT pg_current_xact_id_if_assigned() AS transaction')
    assert.deepEqual(rows, [{ transaction: null }])
    await connections.query('CREATE TEMPORARY TABLE IF NOT EXISTS kept (x INTEGER)')
    assert.equal((await connections.query('SELECT 1 FROM kept')).rowCount, 0)
  }
})

test('who waits for a connection goes on waiting when all are made anew, and is given one of the new ones', async (t) => {
  const { url, drop } = await (await sharedPostgres()).createDatabase()
  t.after(drop)
  const connections = createConnections({ address: readAddress(url), direct: true, limit: 1 })
  const pidOf = async (query: Connection['query']): Promise<number> =>
    (await query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
  const held = await connections.acquire()
  const old = await pidOf(held.query)
  const waiting = connections.query('SELECT pg_backend_pid() AS pid')
  await new Promise((resolve) => setImmediate(resolve))
  connections.renew()
  assert.notEqual((await waiting).rows[0]?.pid, old)
  assert.equal(await pidOf(held.query), old, 'whoever has one keeps it')
  held.release()
  assert.notEqual(await pidOf(connections.query), old)
  await connections.close()
})
