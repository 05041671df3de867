import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { openStore } from '../../packages/server/src/store/stores.ts'
import { startNodes } from '../../packages/server/test/postgres/nodes.ts'
import { sharedPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { migratedDatabase } from '../../packages/server/test/postgres/test-store.ts'
import { runContract } from '../../packages/server/test/store-contract/contract.ts'
import { until } from '../../packages/server/test/until.ts'
import { pgBouncerProgram, startPgBouncer } from './pgbouncer.ts'

const program = await pgBouncerProgram()
const password = 'pooled'

describe('behind PgBouncer in transaction mode', { skip: program.skip }, async () => {
  if (program.skip !== false) return
  const { port, query, createDatabase } = await sharedPostgres()
  await query('postgres', `CREATE ROLE pooled LOGIN SUPERUSER PASSWORD '${password}'`)
  await query('postgres', `CREATE ROLE careless LOGIN SUPERUSER PASSWORD '${password}'`)
  await query('postgres', "ALTER ROLE pooled SET statement_timeout = '2700ms'")
  await query('postgres', "ALTER ROLE pooled SET idle_in_transaction_session_timeout = '5s'")
  const pooler = await startPgBouncer(program, { port, user: 'pooled', password })
  const careless = await startPgBouncer(program, { port, user: 'careless', password })
  after(async () => {
    await Promise.all([pooler.close(), careless.close()])
  })
  const through = (at: number, url: string): string =>
    url.replace(`postgres@127.0.0.1:${port}/`, `pooled@127.0.0.1:${at}/`)

  runContract({
    name: 'postgres',
    createPlace: async () => {
      const { url, drop } = await createDatabase(await migratedDatabase())
      return {
        open: () => openStore(through(pooler.port, url), '', { postgres: { listenUrl: url, auditRetention: 28 } }),
        remove: drop,
      }
    },
  })

  test('tokens, introspection and revocation of two nodes', async (t) => {
    const { url, drop } = await createDatabase(await migratedDatabase())
    const { nodes } = await startNodes(t, through(pooler.port, url), { storeListenUrl: url })
    t.after(drop)
    const [a, b] = nodes
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? a : b).token()))
    assert.equal(new Set(tokens).size, 100)
    const [token = ''] = tokens
    assert.equal(await b.isActive(token), true)
    await a.post('/oauth2/revoke', { token }, a.basic('cb'))
    await until('the revocation is known', async () => !(await b.isActive(token)))
  })

  test('a pooler that is not said to be one is refused, and one whose user has no limits', async () => {
    const { url, drop } = await createDatabase(await migratedDatabase())
    const refused = (store: string, listenUrl: string | undefined, reason: RegExp) =>
      assert.rejects(openStore(store, '', { postgres: { listenUrl } }), (error: Error) => {
        assert.equal(error.name, 'StoreOpenError')
        assert.match(error.message, reason)
        return true
      })
    await refused(
      through(pooler.port, url),
      undefined,
      /a pooler .* is there: .* storeListenUrl .*unsupported startup parameter/,
    )
    await refused(through(pooler.port, url), through(pooler.port, url), /unsupported startup parameter|news/)
    await refused(through(careless.port, url), url, /ALTER ROLE careless SET statement_timeout/)
    await drop()
  })
})
