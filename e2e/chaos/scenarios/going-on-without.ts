import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady } from '../cluster.ts'
import { allDelivered, spooledBy, whileGoingOn } from '../going-on.ts'
import { allGood, answersBetween, slowest, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Until every node knows that the database is out of reach, in milliseconds. */
const noticed = 5000

export const goingOnWithout: Scenario = {
  name: 'a workspace with auditOutage available: known clients get tokens without the database, and every event is delivered once, also after kill -9',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) =>
    whileGoingOn(cluster, async () => {
      const { postgres, nodes } = cluster
      const [killed] = nodes
      const stoppedAt = performance.now()
      await postgres.stop('immediate')
      await pause(noticed + 3000 * scale)
      const spooled = await spooledBy(nodes)
      const beforeKill = performance.now()
      await killed.kill()
      const startedAt = performance.now()
      await postgres.start()
      await killed.start()
      const recovered = await allGood(journal, 1000, 15_000)
      await allReady(cluster)
      await allDelivered(nodes)

      const away = answersBetween(journal, stoppedAt + noticed, beforeKill)
      report(`without the database: ${tally(away)}; slowest ${slowest(away)} ms; ${spooled} events on disks`)
      report(`all good ${recovered} ms after the start`)
      const known = answersBetween(journal, stoppedAt, startedAt).filter(
        ({ question, status }) => question === 'token' && status === 200,
      )
      assert.ok(known.length > 20 && spooled > 20, 'tokens go on')
      const others = away.filter(({ question, status }) => question !== 'token' && status !== 503)
      assert.equal(tally(others), '', 'what cannot be known is not said')
    }),
}
