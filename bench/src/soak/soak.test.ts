import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeCounts } from './judge-soak.ts'
import { runSoak } from './soak.ts'

for (const store of ['sqlite', 'postgres'] as const) {
  test(`REL-043: on ${store}, nothing that is counted leaks over days of a server's time: files, sessions, rows`, {
    timeout: 120_000,
  }, async (t) => {
    const options = { store, seconds: 28, warmUp: 15, every: 1.4, hours: 6, perSecond: 200, share: 1 } as const
    const soak = await runSoak(options, ({ seconds, rows }) => t.diagnostic(`${seconds} s: ${JSON.stringify(rows)}`))
    for (const { target, measured, met } of judgeCounts(soak)) assert.ok(met, `${target}: ${measured}`)
    assert.ok(soak.changes > 0)
    for (const [kind, asked] of Object.entries(soak.asked)) assert.ok(asked > 0, kind)
  })
}
