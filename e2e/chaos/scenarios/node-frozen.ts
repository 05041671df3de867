import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { createProbe } from '../at-node.ts'
import { allReady, demo } from '../cluster.ts'
import { allGood, answersBetween, isGood, tally } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Frozen for longer than news are believed without a word, in milliseconds. */
const frozenFor = 6000

export const nodeFrozen: Scenario = {
  name: 'a node that was frozen decides nothing by what it knew before, from its first answer on',
  staleLimit: 5000,
  run: async ({ cluster, journal, scale, report }) => {
    const [near, , frozen] = cluster.nodes
    const admin = cluster.adminAt(near)
    const probe = await createProbe(cluster, journal)
    const { token = '' } = await probe.take(frozen)
    const { token: other = '' } = await probe.take(frozen)
    assert.ok((await probe.isActive(frozen, token)).active)
    const frozenAt = performance.now()
    frozen.signal('SIGSTOP')
    try {
      assert.equal(await probe.revoke(near, other), 200)
      await admin.updateClient({ ...demo, client: probe.client }, { enabled: false })
      await pause(frozenFor * scale)
    } finally {
      frozen.signal('SIGCONT')
    }
    const first = await Promise.all([probe.take(frozen), probe.isActive(frozen, other), probe.isActive(frozen, token)])
    assert.notEqual(first[0].answer.status, 200, 'no token for a client that was disabled meanwhile')
    assert.ok(!first[1].active && !first[2].active, 'no token is active that was revoked meanwhile')
    const thawedAt = performance.now()
    await until('the node answers', async () => (await probe.isActive(frozen, token)).status === 200)
    report(`first answers of the thawed node: ${first[0].answer.status} ${first[1].status} ${first[2].status}`)
    await allReady(cluster)
    const again = await allGood(journal, 1000, 10_000)
    const bad = answersBetween(journal, frozenAt, performance.now()).filter((answer) => !isGood(answer))
    report(`not answered: ${tally(bad)}; all good ${again} ms after`)
    // The load balancer needs its two looks, and gives up what it sent before: nothing else fails.
    const late = bad.filter(({ at, node }) => at > frozenAt + 3000 && at < thawedAt && node !== '')
    assert.equal(tally(late), '')
  },
}
