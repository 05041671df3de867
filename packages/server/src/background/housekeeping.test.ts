import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from '../lib/log.ts'
import { openStore } from '../store/stores.ts'
import { housekeepingTasks } from './housekeeping.ts'

test('a node whose clock is ten minutes ahead does not forget a used value that others would still take', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-housekeeping-'))
  const store = await openStore('sqlite:mintmark.sqlite', directory)
  t.after(async () => {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const now = Date.UTC(2026, 0, 1, 12, 55)
  const expires = now + 4 * 60_000
  assert.equal(await store.singleUse.use('assertion', expires), true)
  const purgeAt = async (time: number): Promise<void> => {
    const tasks = housekeepingTasks({
      store,
      purgeRevocations: async () => 0,
      auditRetention: 90,
      clock: { now: () => time },
      log: createLog({ level: 'silent' }),
    })
    await tasks.find(({ name }) => name === 'purge-used-values')?.run(() => false)
  }
  await purgeAt(now + 10 * 60_000)
  assert.equal(await store.singleUse.use('assertion', expires), false)
  await purgeAt(now + 2 * 3_600_000)
  assert.equal(await store.singleUse.use('assertion', expires), true)
})
