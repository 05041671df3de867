import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'
import { createJournal } from './journal.ts'
import { startLoad } from './load.ts'
import { seeded } from './seeded.ts'
import { readSqlite, verify } from './verify.ts'

const seed = Number(process.env.MINTMARK_KILL_SEED ?? 20_260_101)
const rounds = Number(process.env.MINTMARK_KILL_ROUNDS ?? 50)

test(`REL-001: ${rounds} times kill -9 under load lose nothing acknowledged and leave nothing half done`, async (t) => {
  t.diagnostic(`seed ${seed}, ${rounds} rounds`)
  const random = seeded(seed)
  const directory = temporaryDirectory(t)
  const environment = { MINTMARK_LOG_LEVEL: 'silent' }
  const { secrets, administrator } = await foundDemo(directory, environment)

  const journal = createJournal()
  for (let round = 1; round <= rounds; round += 1) {
    const server = await startServerProcess({ after: () => {} }, directory, environment)
    const stop = startLoad(
      {
        issuer: `${server.publicUrl}/default/demo`,
        adminUrl: server.adminUrl,
        client: { id: 'weather-website', secret: secrets?.['weather-website'] ?? '' },
        administrator,
        name: `round-${round}`,
      },
      journal,
      round % 10 === 0,
    )
    // Counted in what was acknowledged, so that a busy machine is asked as much as a fast one; then somewhere in between.
    const enough = journal.tokens.size + 5 + Math.floor(random() * 60)
    for (let waited = 0; journal.tokens.size < enough && waited < 2000; waited += 5) await delay(5)
    await delay(random() * 15)
    server.signal('SIGKILL')
    const [exit] = await Promise.all([server.exited, stop()])
    assert.deepEqual(exit, { code: null, signal: 'SIGKILL' })
    verify(await readSqlite(join(directory, 'mintmark.sqlite')), journal)
  }

  const last = await startServerProcess(t, directory, environment)
  assert.equal((await fetch(`${last.adminUrl}/health/ready`)).status, 200)
  verify(await readSqlite(join(directory, 'mintmark.sqlite')), journal)
  t.diagnostic(
    `${journal.tokens.size} tokens, ${journal.revoked.size} revocations, ${journal.clients.size} clients, ${journal.secrets.size} secrets, ${journal.compromised.size} keys`,
  )
  assert.ok(journal.tokens.size > rounds && journal.revoked.size > 0 && journal.clients.size > 0)
})
