import assert from 'node:assert/strict'
import { allReady } from '../cluster.ts'
import { answersBetween, isGood, p99, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

export const rollingRestart: Scenario = {
  name: 'REL-036: every node is restarted, one after the other, and not one request fails',
  run: async ({ cluster, journal, report }) => {
    const began = performance.now()
    for (const node of cluster.nodes) {
      assert.equal(await node.stop(), 0)
      await node.start()
      await allReady(cluster)
    }
    const answers = answersBetween(journal, began, performance.now(), ['token', 'introspect', 'revoke', 'administer'])
    const bad = answers.filter((answer) => !isGood(answer))
    report(`${tally(answers)}; p99 ${p99(answers)} ms`)
    assert.ok(answers.length > 50)
    assert.equal(tally(bad), '', 'not one request fails')
  },
}
