import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady } from '../cluster.ts'
import { allGood, answersBetween, isGood, slowest, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Longest answer while the database is away, in milliseconds; more where the tests' machine is busy with other things. */
const answerLimit = 3500

/** For so long a node still knows what it knew, in milliseconds: the lease of its news, and a little for a slow machine. */
const lease = 4000

export const databaseStopped: Scenario = {
  name: 'REL-011: with the database stopped nothing is issued, every answer comes soon, and it works again by itself',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) => {
    const { postgres, nodes, issuer } = cluster
    const stoppedAt = performance.now()
    await postgres.stop('immediate')
    await pause(6000 * scale)
    for (const node of nodes) {
      assert.equal((await fetch(`${node.adminUrl}/health/live`)).status, 200)
      assert.equal(await node.isReady(), false, 'the load balancer is told')
    }
    const direct = issuer.replace(cluster.publicUrl, nodes[0].publicUrl)
    assert.equal((await fetch(`${direct}/.well-known/jwks.json`)).status, 200)
    assert.equal((await fetch(`${direct}/.well-known/oauth-authorization-server`)).status, 200)
    const startedAt = performance.now()
    await postgres.start()
    const up = performance.now()
    const recovered = await allGood(journal, 1000, 15_000)
    await allReady(cluster)

    const during = answersBetween(journal, stoppedAt + 200, startedAt - 200)
    report(`while stopped: ${tally(during)}; slowest ${slowest(during)} ms; all good ${recovered} ms after the start`)
    assert.ok(during.length > 50)
    // Of what needs no write a node knows for as long as it has heard of every change: nobody can make one meanwhile.
    const decided = during.filter(
      (answer) => isGood(answer) && !(answer.question === 'introspect' && answer.at < stoppedAt + lease),
    )
    assert.equal(tally(decided), '', 'nothing is decided without the database')
    const others = during.filter((answer) => !isGood(answer) && answer.status !== 503)
    assert.equal(tally(others), '', 'who cannot be answered is told so')
    assert.ok(slowest(during) < answerLimit, `an answer took ${slowest(during)} ms`)
    assert.ok(up - startedAt < 60_000 && recovered < 10_000, `it took ${recovered} ms`)
  },
}
