import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { createProbe, type Probe } from '../at-node.ts'
import { allReady } from '../cluster.ts'
import { ageKeys, clockOff, fakeTime, untilSeen } from '../fake-time.ts'
import { allGood, answersBetween, assertNone, isGood, tally, throughout } from '../observe.ts'
import type { Scenario, Surroundings } from '../scenario.ts'

const offset = 5 * 60
/** Longer than a node with a wrong clock takes to step back, in milliseconds. */
const steppedBack = 8000

/** A node that starts with a wrong clock, by so many seconds. */
const wrongNode = async (
  { cluster, journal, scale, report }: Surroundings,
  probe: Probe,
  seconds: number,
): Promise<void> => {
  const [near, other, wrong] = cluster.nodes
  assert.equal(await wrong.stop(), 0)
  await wrong.start(await clockOff(seconds))
  const began = performance.now()
  await untilSeen(wrong, seconds)
  const { token: there = '' } = await probe.take(wrong)
  const { token: here = '' } = await probe.take(near)
  const seen = [await probe.isActive(near, there), await probe.isActive(wrong, here)].map(({ active }) => active)
  // Issued in the future is not active, whoever says so: the one that is ahead issues what others refuse.
  assert.deepEqual(seen, seconds > 0 ? [false, true] : [true, false])
  for (const token of [there, here]) assert.equal(await probe.revoke(near, token), 200)
  await pause(1000 * scale)
  for (const node of [near, wrong]) {
    for (const token of [there, here]) assert.equal((await probe.isActive(node, token)).active, false)
  }
  await until('the wrong one steps back', async () => (await wrong.notReady()).includes('clock'))
  const after = Math.round(performance.now() - began)
  assert.deepEqual([await near.notReady(), await other.notReady()], [[], []])
  await pause(1000 * scale)
  report(
    `${seconds} s: stepped back after ${after} ms; its token active at a right one: ${seen[0]}, the other way: ${seen[1]}`,
  )
  const bad = answersBetween(journal, began, performance.now()).filter((answer) => !isGood(answer))
  assertNone(bad, 'no request fails')
}

/** The clock of the database is the wrong one: that is no reason for all nodes to step back. */
const wrongDatabase = async ({ cluster, journal, report }: Surroundings, seconds: number): Promise<void> => {
  const { postgres, nodes } = cluster
  await postgres.stop()
  await postgres.start(await clockOff(seconds))
  for (const node of nodes) await untilSeen(node, -seconds)
  await allReady(cluster)
  const began = performance.now()
  await throughout(steppedBack, async () => {
    for (const node of nodes) assert.deepEqual(await node.notReady(), [])
  })
  const answers = answersBetween(journal, began, performance.now())
  report(`database ${seconds} s: every node stays ready; ${tally(answers)}`)
  assertNone(
    answers.filter((answer) => !isGood(answer)),
    'no request fails',
  )
}

export const clockSkewed: Scenario = {
  name: 'a node whose clock is five minutes ahead or behind steps back and never brings back what was revoked; none does when it is the database',
  skip: async () => (await fakeTime()).skip,
  run: async (surroundings) => {
    const { cluster, journal } = surroundings
    const { postgres, nodes } = cluster
    const [, , wrong] = nodes
    await ageKeys(cluster)
    // Made while every clock is right: an administrator's token of one that is not would be refused elsewhere.
    const probe = await createProbe(cluster, journal)
    try {
      for (const seconds of [offset, -offset]) await wrongNode(surroundings, probe, seconds)
    } finally {
      await wrong.stop()
      await wrong.start()
      await allReady(cluster)
    }
    try {
      await wrongDatabase(surroundings, offset)
    } finally {
      await postgres.stop()
      await postgres.start()
    }
    await allGood(journal, 1000, 15_000)
    await allReady(cluster)
  },
}
