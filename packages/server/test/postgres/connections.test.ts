import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAddress } from '../../src/store/postgres/address.ts'
import { createConnections } from '../../src/store/postgres/connections.ts'
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
