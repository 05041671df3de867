import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'
import { createJournal } from './journal.ts'
import { assertAsked, killUnderLoad } from './kill-round.ts'
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
  const founded = await foundDemo(directory, environment)

  const journal = createJournal()
  const common = { directory, environment, founded, journal, random }
  for (let round = 1; round <= rounds; round += 1) {
    await killUnderLoad(common, {
      name: `round-${round}`,
      compromises: round % 5 === 0,
      before: async () => ends[round % ends.length]?.(postgres),
    })
    if (round % ends.length !== 0) await startAgain(postgres)
    verify(await readPostgres(postgres, name), journal)
  }

  const last = await startServerProcess(t, directory, environment)
  assert.equal((await fetch(`${last.adminUrl}/health/ready`)).status, 200)
  assertAsked(t, journal, rounds)
})
