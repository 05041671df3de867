import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { debianProgram } from '../../debian/debian-program.ts'
import { createProbe } from '../at-node.ts'
import { allReady } from '../cluster.ts'
import { allGood, answersBetween, isGood, tally } from '../observe.ts'
import type { Scenario, Surroundings } from '../scenario.ts'

const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'

/** Debian's library that tells a process another time; a clock that never jumps stays as it is. */
const fakeTime = () =>
  debianProgram({ packages: ['libfaketime'], program: `usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1` })

const minutes = 5

const bothWays = async (
  { cluster, journal, scale, report }: Omit<Surroundings, 'context'>,
  path: string,
): Promise<void> => {
  const [near, , wrong] = cluster.nodes
  for (const [name, offset] of Object.entries({ ahead: minutes, behind: -minutes })) {
    assert.equal(await wrong.stop(), 0)
    await wrong.start({
      LD_PRELOAD: path,
      FAKETIME: `${offset > 0 ? '+' : ''}${offset}m`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    })
    await allReady(cluster)
    const began = performance.now()
    const ahead = (await wrong.metric('mintmark_clock_ahead_seconds')) ?? 0
    assert.ok(Math.abs(ahead - offset * 60) < 5, `the metric says ${ahead}`)
    const probe = await createProbe(cluster, journal)
    const { token: there = '' } = await probe.take(wrong)
    const { token: here = '' } = await probe.take(near)
    const seen = [await probe.isActive(near, there), await probe.isActive(wrong, here)].map(({ active }) => active)
    // Issued in the future is not active, whoever says so: the one that is ahead issues what others refuse.
    assert.deepEqual(seen, offset > 0 ? [false, true] : [true, false])
    for (const token of [there, here]) assert.equal(await probe.revoke(near, token), 200)
    await pause(1000 * scale)
    for (const node of [near, wrong]) {
      for (const token of [there, here]) assert.equal((await probe.isActive(node, token)).active, false)
    }
    const bad = answersBetween(journal, began, performance.now()).filter((answer) => !isGood(answer))
    report(
      `${name}: the metric says ${ahead.toFixed(1)} s; token of the wrong node active at a right one: ${seen[0]}, the other way: ${seen[1]}`,
    )
    assert.equal(tally(bad), '')
  }
}

export const clockSkewed: Scenario = {
  name: 'a node whose clock is five minutes ahead or behind is seen, keeps running, and never brings back what was revoked',
  skip: async () => (await fakeTime()).skip,
  run: async ({ cluster, journal, scale, report }) => {
    const [, , wrong] = cluster.nodes
    const { path } = await fakeTime()
    // Keys as old as those of a system that has been there for a while: to who is behind, one made just now is not there yet.
    await cluster.postgres.query(
      cluster.database,
      'UPDATE signing_key SET created = created - 3600000, active_from = active_from - 3600000',
    )
    try {
      await bothWays({ cluster, journal, scale, report }, path)
    } finally {
      await wrong.stop()
      await wrong.start()
      await allReady(cluster)
    }
    await allGood(journal, 1000, 10_000)
  },
}
