import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { startReceiver } from '../../../packages/server/test/webhook-receiver.ts'
import { allReady, type Cluster, demo, type Node } from '../cluster.ts'
import { allGood } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Milliseconds within which another node does what the lost one did for all. */
const bound = 15_000

const told = async (node: Node): Promise<number> =>
  (await node.metric('mintmark_webhook_deliveries_total{outcome="taken"}').catch(() => 0)) ?? 0

/** The node that tells webhooks now: the one whose count grows. */
const leaderOf = async ({ nodes }: Cluster): Promise<Node> => {
  const before = await Promise.all(nodes.map(told))
  let leader: Node | undefined
  await until('a node tells webhooks', async () => {
    const now = await Promise.all(nodes.map(told))
    leader = nodes.find((_node, index) => (now[index] ?? 0) > (before[index] ?? 0))
    return leader !== undefined
  })
  return leader as Node
}

export const leaderLost: Scenario = {
  name: 'the node that does the background work is killed, and the next one frozen: another goes on with it, and the thawed one does nothing any more',
  staleLimit: 5000,
  run: async ({ cluster, journal, report, context }) => {
    const receiver = await startReceiver(context)
    const webhook = `told-${process.pid}-${Math.round(performance.now())}`
    // Traffic makes and disables clients all the time.
    await cluster.admin.createWebhook(demo, { id: webhook, url: receiver.url, events: ['configuration.'] })
    const tellsAgain = async (): Promise<number> => {
      const from = performance.now()
      const message = receiver.next()
      await Promise.race([message, pause(bound, undefined, { ref: false })])
      return Math.round(performance.now() - from)
    }
    try {
      const killed = await leaderOf(cluster)
      await killed.kill()
      const afterKill = await tellsAgain()
      assert.ok(afterKill < bound, 'another node goes on')
      await killed.start()
      await allReady(cluster)

      const frozen = await leaderOf(cluster)
      assert.notEqual(frozen.name, killed.name, 'the lead stays where it went')
      const before = await told(frozen)
      frozen.signal('SIGSTOP')
      let afterFreeze: number
      try {
        afterFreeze = await tellsAgain()
      } finally {
        frozen.signal('SIGCONT')
      }
      assert.ok(afterFreeze < bound, 'another node goes on')
      const count = receiver.received.length
      await until('more is told', () => receiver.received.length > count + 3)
      const messages = Map.groupBy(receiver.received, ({ headers }) => headers['webhook-id'] ?? '')
      const repeated = [...messages.values()].filter(({ length }) => length > 1).length
      report(
        `told again ${afterKill} ms after kill -9, ${afterFreeze} ms after SIGSTOP; ${repeated} of ${messages.size} twice`,
      )
      // One message may have been on its way when it was frozen.
      assert.ok((await told(frozen)) <= before + 1, 'the thawed node tells nothing any more')
      assert.notEqual((await leaderOf(cluster)).name, frozen.name)
    } finally {
      await cluster.admin.deleteWebhook({ ...demo, webhook })
    }
    await allReady(cluster)
    await allGood(journal, 1000, 10_000)
  },
}
