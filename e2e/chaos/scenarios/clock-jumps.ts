import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { temporaryDirectory } from '../../process/server-process.ts'
import { createProbe } from '../at-node.ts'
import { allReady, type Cluster, type Node } from '../cluster.ts'
import { ageKeys, fakeTime, settableClock, untilSeen } from '../fake-time.ts'
import { allGood, answersBetween, assertNone, isGood, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Where the clock jumps to, in seconds from the right time, and from each back to it. */
const jumps: readonly number[] = [3600, -300]
/** Milliseconds within which a node has stepped back whose clock has jumped. */
const bound = 8000
/** Requests at once after each jump: far fewer than any limit, and more than one that took the jump for waiting would let through. */
const burst = 40

/** The session that has the right to do what one node does for all. */
const leader = async ({ postgres, database }: Cluster): Promise<{ readonly pid: number; readonly port: number }> => {
  const { rows } = await postgres.query(
    database,
    `SELECT pid, client_port AS port FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND application_name = 'mintmark news'`,
  )
  return rows[0] ?? { pid: 0, port: 0 }
}

/** Keeps the others from leading until this node does. */
const makeLeader = async (cluster: Cluster, node: Node): Promise<void> => {
  const others = cluster.nodes.filter((each) => each !== node)
  for (const { way } of others) way.swallow(true)
  try {
    await until(`${node.name} leads`, async () => {
      const { pid, port } = await leader(cluster)
      if (node.way.clientPorts.has(port)) return true
      await cluster.postgres.query('postgres', 'SELECT pg_terminate_backend($1)', [pid])
      return false
    })
  } finally {
    for (const { way } of others) way.swallow(false)
  }
}

export const clockJumps: Scenario = {
  name: 'REL-047: a node whose clock jumps while it serves goes on by the time that passes, steps back, and returns with the right time',
  staleLimit: 5000,
  skip: async () => (await fakeTime()).skip,
  run: async ({ cluster, journal, scale, report, context }) => {
    const [near, other, wrong] = cluster.nodes
    await ageKeys(cluster)
    const clock = await settableClock(temporaryDirectory(context))
    const probe = await createProbe(cluster, journal)
    assert.equal(await wrong.stop(), 0)
    await wrong.start(clock.environment)
    try {
      await makeLeader(cluster, wrong)
      await allGood(journal, 1000, 10_000)
      await allReady(cluster)
      const began = performance.now()
      const pid = wrong.pid()
      for (const seconds of jumps) {
        const jumpedAt = performance.now()
        clock.set(seconds)
        await untilSeen(wrong, seconds)
        const taken = await Promise.all(Array.from({ length: burst }, () => probe.take(wrong)))
        assert.deepEqual(new Set(taken.map(({ answer }) => answer.status)), new Set([200]))
        const { token = '' } = taken[0] ?? {}
        assert.ok((await probe.isActive(wrong, token)).active)
        await until('the node steps back', async () => (await wrong.notReady()).includes('clock'))
        const aside = Math.round(performance.now() - jumpedAt)
        await until('another node leads', async () => {
          const { port } = await leader(cluster)
          return near.way.clientPorts.has(port) || other.way.clientPorts.has(port)
        })
        await pause(1000 * scale)
        assert.deepEqual([await near.notReady(), await other.notReady()], [[], []])
        assert.ok((await probe.isActive(wrong, token)).active, 'who asks it nevertheless is answered')

        const backAt = performance.now()
        clock.set(0)
        await until('the node returns', () => wrong.isReady())
        const back = Math.round(performance.now() - backAt)
        await untilSeen(wrong, 0)
        const { token: next = '' } = await probe.take(wrong)
        assert.equal(await probe.revoke(near, next), 200)
        await until('news come', async () => !(await probe.isActive(wrong, next)).active, 1000)
        assert.ok(((await wrong.metric('mintmark_store_news_age_seconds')) ?? Infinity) < 5)
        report(`${seconds} s: stepped back after ${aside} ms, returned after ${back} ms`)
        assert.ok(aside < bound && back < bound)
      }
      assert.equal(wrong.pid(), pid)
      const answers = answersBetween(journal, began, performance.now())
      report(tally(answers))
      assertNone(
        answers.filter((answer) => !isGood(answer)),
        'no request fails',
      )
    } finally {
      await wrong.stop()
      await wrong.start()
      await allReady(cluster)
    }
  },
}
