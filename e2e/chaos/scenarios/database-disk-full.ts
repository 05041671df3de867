import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { createProbe } from '../at-node.ts'
import { allReady, type Cluster } from '../cluster.ts'
import { onSmallDisk, startAgain } from '../database-disk.ts'
import { allGood, answersBetween, isGood, slowest, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Longest answer, in milliseconds: a statement that is given up, and a refusal that could not be recorded. */
const answerLimit = 5500

/** Fills what is left of the log of changes, until PostgreSQL cannot write it and gives up. */
const untilItGivesUp = ({ postgres }: Cluster): Promise<number> =>
  until('PostgreSQL gives up', () =>
    postgres.query('postgres', "SELECT pg_logical_emit_message(false, 'chaos', 'more'), pg_switch_wal()").then(
      () => false,
      () => true,
    ),
  )

export const databaseDiskFull: Scenario = {
  name: 'REL-004: with the disk of PostgreSQL full nothing is issued that is not recorded, also when it panics; with room again it works by itself',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) => {
    const { postgres, nodes } = cluster
    const pids = nodes.map(({ pid }) => pid())
    await onSmallDisk(postgres, async (disk) => {
      report(disk.kind)
      await allReady(cluster)
      await allGood(journal, 500, 10_000)
      const probe = await createProbe(cluster, journal)
      const filledAt = performance.now()
      disk.fill()
      await until('no token that is nowhere recorded', async () => (await probe.take(nodes[0])).answer.status === 503)
      const fullAt = performance.now()
      await pause(3000 * scale)
      for (const { adminUrl } of nodes) assert.equal((await fetch(`${adminUrl}/health/live`)).status, 200)
      const crashedAt = performance.now()
      await untilItGivesUp(cluster)
      await pause(3000 * scale)
      const began = performance.now()
      const ended = postgres.pid() === undefined
      disk.free()
      await startAgain(postgres)
      const up = performance.now()
      const recovered = await allGood(journal, 1000, 15_000)
      await allReady(cluster)

      const full = answersBetween(journal, fullAt, crashedAt)
      const without = answersBetween(journal, crashedAt, began)
      report(`no room for data, after ${Math.round(fullAt - filledAt)} ms: ${tally(full)}; slowest ${slowest(full)} ms`)
      report(
        `no room for its log of changes (${ended ? 'it ended' : 'it tried again and again'}): ${tally(without)}; slowest ${slowest(without)} ms`,
      )
      report(`room again: PostgreSQL took sessions after ${Math.round(up - began)} ms, all good ${recovered} ms later`)
      const all = answersBetween(journal, filledAt, up)
      assert.equal(
        tally(all.filter((answer) => !isGood(answer) && answer.status !== 503)),
        '',
        'who cannot be answered is told so',
      )
      assert.ok(slowest(all) < answerLimit, `an answer took ${slowest(all)} ms`)
      assert.ok(recovered < 10_000, `it took ${recovered} ms`)
      const refused = all.filter(({ question, status }) => question === 'token' && status === 503)
      // What still finds room in a page is issued, and recorded.
      assert.ok(refused.length > 50, 'tokens are refused')
    })
    await allGood(journal, 1000, 15_000)
    await allReady(cluster)
    assert.deepEqual(
      nodes.map(({ pid }) => pid()),
      pids,
      'no node was restarted',
    )
  },
}
