import assert from 'node:assert/strict'
import { until } from '../../../packages/server/test/until.ts'
import { createProbe } from '../at-node.ts'
import { allReady, demo } from '../cluster.ts'
import { throughout } from '../observe.ts'
import type { Scenario } from '../scenario.ts'

/** Milliseconds within which a node whose news are lost has noticed. */
const bound = 5000

export const newsLost: Scenario = {
  name: 'REL-021: a node whose news are cut off or swallowed does not believe what it knows for longer than 5 s',
  staleLimit: bound,
  run: async ({ cluster, journal, report }) => {
    const [near, far] = cluster.nodes
    const admin = cluster.adminAt(near)
    const loss = {
      'its session ended': async () => {
        await cluster.postgres.query(
          'postgres',
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mintmark news'",
        )
        return () => {}
      },
      'its packets swallowed': async () => {
        far.way.swallow(true)
        return () => far.way.swallow(false)
      },
    }
    for (const [how, lose] of Object.entries(loss)) {
      const probe = await createProbe(cluster, journal)
      const { token = '' } = await probe.take(far)
      assert.ok((await probe.isActive(far, token)).active)
      const mend = await lose()
      try {
        await admin.updateClient({ ...demo, client: probe.client }, { enabled: false })
        const changedAt = performance.now()
        let accepted = changedAt
        await throughout(bound + 1500, async () => {
          const sent = performance.now()
          if ((await probe.isActive(far, token)).active) accepted = sent
        })
        report(`${how}: a token of a disabled client was still active ${Math.round(accepted - changedAt)} ms after`)
        assert.ok(accepted - changedAt < bound)
      } finally {
        mend()
      }
      await allReady(cluster)
      await until('the node knows', async () => (await probe.isActive(far, token)).status === 200)
      assert.equal((await probe.isActive(far, token)).active, false)
    }
  },
}
