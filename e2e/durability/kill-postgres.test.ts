import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'
import { createJournal } from './journal.ts'
import { startLoad } from './load.ts'
import { seeded } from './seeded.ts'
import { readPostgres, verify } from './verify.ts'

const seed = Number(process.env.MINTMARK_KILL_SEED ?? 20_260_101)
const rounds = Number(process.env.MINTMARK_KILL_ROUNDS ?? 15)

/** How a round ends: the node alone, or the database with it, by a crash of its own or by kill -9. */
const ends: readonly ((postgres: PostgresServer) => Promise<void>)[] = [
  async () => {},
  (postgres) => postgres.stop('immediate'),
  (postgres) => postgres.kill(),
]

/** After a kill -9 the processes of the server end by themselves, and only then another one starts. */
const startAgain = async (postgres: PostgresServer): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await postgres.start()
    } catch (error) {
      if (attempt === 20) throw error
      await delay(200)
    }
  }
}

test(`REL-001, REL-017: ${rounds} times kill -9 of a node, or of PostgreSQL, under load lose nothing acknowledged`, async (t) => {
  t.diagnostic(`seed ${seed}, ${rounds} rounds`)
  const random = seeded(seed)
  const postgres = await startPostgres({ durable: true })
  t.after(postgres.close)
  const { name, url } = await postgres.createDatabase()
  const directory = temporaryDirectory(t)
  const environment = { MINTMARK_LOG_LEVEL: 'silent', MINTMARK_STORE: url }
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
      round % 5 === 0,
    )
    const enough = journal.tokens.size + 5 + Math.floor(random() * 60)
    for (let waited = 0; journal.tokens.size < enough && waited < 2000; waited += 5) await delay(5)
    await delay(random() * 15)
    await ends[round % ends.length]?.(postgres)
    server.signal('SIGKILL')
    const [exit] = await Promise.all([server.exited, stop()])
    assert.deepEqual(exit, { code: null, signal: 'SIGKILL' })
    if (round % ends.length !== 0) await startAgain(postgres)
    verify(await readPostgres(postgres, name), journal)
  }

  const last = await startServerProcess(t, directory, environment)
  assert.equal((await fetch(`${last.adminUrl}/health/ready`)).status, 200)
  t.diagnostic(
    `${journal.tokens.size} tokens, ${journal.revoked.size} revocations, ${journal.clients.size} clients, ${journal.secrets.size} secrets, ${journal.compromised.size} keys`,
  )
  assert.ok(journal.tokens.size > rounds && journal.revoked.size > 0 && journal.clients.size > 0)
})
