import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady } from '../cluster.ts'
import { allGood, answersBetween, isGood, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

export const nodeKilled: Scenario = {
  name: 'REL-028: a node that is killed takes its own requests with it and no others',
  run: async ({ cluster, journal, report }) => {
    const [node] = cluster.nodes
    const killedAt = performance.now()
    await node.kill()
    const again = await allGood(journal, 1000, 5000)
    await pause(1000)
    await node.start()
    await allReady(cluster)
    const bad = answersBetween(journal, killedAt - 1000, performance.now()).filter((answer) => !isGood(answer))
    report(`not answered: ${bad.length} (${tally(bad)}); none any more ${again} ms after the kill`)
    assert.ok(bad.length <= 10, 'only what the node was working on')
    assert.ok(
      bad.every(({ at }) => at < killedAt + 1000),
      'nothing fails once the load balancer knows',
    )
  },
}
