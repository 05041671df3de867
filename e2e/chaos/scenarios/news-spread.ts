import assert from 'node:assert/strict'
import { until } from '../../../packages/server/test/until.ts'
import { createProbe } from '../at-node.ts'
import { demo } from '../cluster.ts'
import { percentile } from '../journal.ts'
import type { Scenario } from '../scenario.ts'

/** Milliseconds within which 99 of 100 changes are felt on another node. */
const bound = 1000

export const newsSpread: Scenario = {
  name: 'REL-019, REL-020: a revocation and a disabled client at one node are felt at another within a second',
  run: async ({ cluster, journal, scale, report }) => {
    const [near, far] = cluster.nodes
    const trials = 25 * scale
    const revoked: number[] = []
    const disabled: number[] = []
    const probe = await createProbe(cluster, journal)
    const admin = cluster.adminAt(near)
    for (let trial = 0; trial < trials; trial += 1) {
      await until('the client gets a token', async () => (await probe.take(far)).token !== undefined)
      const { token = '' } = await probe.take(far)
      assert.ok((await probe.isActive(far, token)).active)
      assert.equal(await probe.revoke(near, token), 200)
      revoked.push(await until('the token is dead', async () => !(await probe.isActive(far, token)).active))

      await admin.updateClient({ ...demo, client: probe.client }, { enabled: false })
      disabled.push(await until('the client gets none', async () => (await probe.take(far)).token === undefined))
      await admin.updateClient({ ...demo, client: probe.client }, { enabled: true })
    }
    for (const [what, times] of Object.entries({ revoked, disabled })) {
      const [p50, p99, most] = [50, 99, 100].map((percent) => Math.round(percentile(times, percent)))
      report(`${what}, felt on another node in ${trials} trials: p50 ${p50} ms, p99 ${p99} ms, at most ${most} ms`)
      assert.ok((p99 ?? 0) < bound)
    }
  },
}
