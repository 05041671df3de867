import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady } from '../cluster.ts'
import { allGood, answersBetween, isGood, slowest, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Longest answer, in milliseconds: `limits.answerTime` is 3 s, and the machine is busy. */
const answerLimit = 3500

/** Holds the log locked, as a careless administrator does, until the promise resolves. */
const lock = 'BEGIN; LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep($SECONDS); COMMIT'

export const databaseSlow: Scenario = {
  name: 'REL-013: with the log locked and with a slow way to the database every answer comes in time, and it works again at once',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) => {
    const seconds = 6 * scale
    const watch = async (what: string, act: () => Promise<unknown>): Promise<void> => {
      const began = performance.now()
      await act()
      const ended = performance.now()
      const recovered = await allGood(journal, 1000, 15_000)
      await allReady(cluster)
      const during = answersBetween(journal, began, ended)
      const others = during.filter((answer) => !isGood(answer) && answer.status !== 503)
      report(`${what}: ${tally(during)}; slowest ${slowest(during)} ms; all good ${recovered} ms after`)
      assert.equal(tally(others), '')
      assert.ok(slowest(during) < answerLimit, `an answer took ${slowest(during)} ms`)
      assert.ok(recovered < 5000, `it took ${recovered} ms`)
    }
    await watch('log locked', () => cluster.postgres.query(cluster.database, lock.replace('$SECONDS', String(seconds))))
    await watch('1.6 s for each round trip', async () => {
      for (const { way } of cluster.nodes) way.delay(800)
      await pause(seconds * 1000)
      for (const { way } of cluster.nodes) way.delay(0)
    })
  },
}
