import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from '../../../packages/server/test/postgres/postgres-server.ts'
import { alterSystem, type Standby, startStandby } from '../../../packages/server/test/postgres/standby.ts'
import { until } from '../../../packages/server/test/until.ts'
import { createAssertingClient } from '../asserting-client.ts'
import { createProbe } from '../at-node.ts'
import { allReady, type Cluster, databaseSettings } from '../cluster.ts'
import { allGood, answersBetween, isGood, slowest, tally, throughout } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Longest answer, in milliseconds. */
const answerLimit = 5500
/** For so long a node still knows what it knew, in milliseconds. */
const lease = 4000
/** Milliseconds, from when the address leads to the new primary, until every request is answered well. */
const bound = 10_000

const synchronous = 'standby'
let standbys = 0

/** A standby that every commit waits for. */
const followedBy = async (primary: PostgresServer): Promise<Standby> => {
  standbys += 1
  const name = `${synchronous}_${standbys}`
  const standby = await startStandby(primary, { name, durable: true, settings: databaseSettings })
  await alterSystem(primary, 'synchronous_standby_names', name)
  await until('commits wait for the standby', async () => {
    const { rows } = await primary.query('postgres', "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")
    return rows.length === 1
  })
  return standby
}

const sessionsOfNodes = async (postgres: PostgresServer): Promise<number> => {
  const { rows } = await postgres.query(
    'postgres',
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'mintmark%'",
  )
  return rows[0]?.count
}

/** The old primary is there again, takes connections, and has a node's address: what the node then says. */
const withTheOldOne = async (
  cluster: Cluster,
  old: PostgresServer,
  ask: () => Promise<readonly number[]>,
): Promise<readonly number[]> => {
  const [, , astray] = cluster.nodes
  const statuses: number[] = []
  await old.start()
  assert.equal(await sessionsOfNodes(old), 0, 'no node goes back by itself')
  astray.way.leadTo(old.port)
  try {
    await throughout(4000, async () => statuses.push(...(await ask())), 50)
    assert.equal(await astray.isReady(), false, 'the load balancer is told')
  } finally {
    astray.way.leadTo(cluster.postgres.port)
  }
  return statuses
}

export const databaseFailover: Scenario = {
  name: 'the primary dies under kill -9, its synchronous standby is promoted: nothing acknowledged is lost, and the old primary is believed by nobody',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) => {
    const { nodes, postgres: old } = cluster
    const [node, , astray] = nodes
    const standby = await followedBy(old)
    await allReady(cluster)
    await allGood(journal, 1000, 10_000)
    const asserting = await createAssertingClient(cluster, journal)
    const used: Readonly<Record<string, string>>[] = []
    let going = true
    const using = (async () => {
      while (going) {
        const form = await asserting.form()
        const status = await asserting.send(node, form).catch(() => 0)
        if (status === 200) used.push(form)
        await pause(20)
      }
    })()
    await until('assertions were used', () => used.length > 20)
    const diedAt = performance.now()
    await old.kill()
    going = false
    await using
    await pause(3000 * scale)
    for (const { adminUrl } of nodes) assert.equal((await fetch(`${adminUrl}/health/live`)).status, 200)
    await standby.promote()
    const movedAt = performance.now()
    cluster.moveTo(standby)
    const recovered = await allGood(journal, 1000, 15_000)
    await allReady(cluster)
    const away = answersBetween(journal, diedAt + 200, movedAt - 200)
    report(
      `without a primary: ${tally(away)}; slowest ${slowest(away)} ms; all good ${recovered} ms after the address moved`,
    )
    const others = away.filter((answer) => !isGood(answer) && answer.status !== 503)
    assert.equal(tally(others), '', 'who cannot be answered is told so')
    const decided = away.filter(
      (answer) => isGood(answer) && !(answer.question === 'introspect' && answer.at < diedAt + lease),
    )
    assert.equal(tally(decided), '', 'nothing is decided without the database')
    assert.ok(slowest(away) < answerLimit, `an answer took ${slowest(away)} ms`)
    assert.ok(recovered < bound, `it took ${recovered} ms`)

    const again = await Promise.all(used.map((form) => asserting.send(astray, form)))
    assert.deepEqual([...new Set(again)], [401], 'an assertion that was used before the failover is not taken after it')

    const probe = await createProbe(cluster, journal)
    const { token = '' } = await probe.take(astray)
    assert.equal(await probe.revoke(node, token), 200)
    await until('it is felt', async () => !(await probe.isActive(astray, token)).active)
    const backAt = performance.now()
    const statuses = await withTheOldOne(cluster, old, async () => {
      const fresh = await asserting.form()
      const introspected = await probe.isActive(astray, token)
      assert.equal(introspected.active, false, 'what was revoked at the new primary is dead')
      const late = performance.now() - backAt > lease
      if (late) assert.equal(introspected.status, 503)
      return [await asserting.send(astray, fresh)]
    })
    assert.ok(!statuses.includes(200), 'nothing is issued by what the old primary knows')
    report(
      `${used.length} assertions used before; tokens at a node that was led to the old primary: ${[...new Set(statuses)]}`,
    )
    await old.close()
    await allReady(cluster)
    await allGood(journal, 1000, bound)
  },
}
