import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady } from '../cluster.ts'
import { allGood, answersBetween, isGood, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

export const databaseReadOnly: Scenario = {
  name: 'with the database read-only nothing is issued or changed, and what only reads goes on at the nodes',
  run: async ({ cluster, journal, scale, report }) => {
    const { postgres } = cluster
    const make = async (readOnly: 'on' | 'off'): Promise<void> => {
      await postgres.query('postgres', 'BEGIN READ WRITE; COMMIT')
      await postgres.query('postgres', `ALTER SYSTEM SET default_transaction_read_only = ${readOnly}`)
      postgres.signal('SIGHUP')
    }
    const began = performance.now()
    await make('on')
    await pause(4000 * scale)
    const ended = performance.now()
    for (const node of cluster.nodes) assert.equal(await node.isReady(), false)
    await make('off')
    const recovered = await allGood(journal, 1000, 15_000)
    await allReady(cluster)
    const during = answersBetween(journal, began + 500, ended)
    report(`read-only: ${tally(during)}; all good ${recovered} ms after`)
    const decided = during.filter((answer) => isGood(answer) && answer.question !== 'introspect')
    assert.equal(tally(decided), '', 'no token without its event, no revocation that is not stored')
  },
}
