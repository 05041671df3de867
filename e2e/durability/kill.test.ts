import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'
import { createJournal } from './journal.ts'
import { assertAsked, killUnderLoad } from './kill-round.ts'
import { seeded } from './seeded.ts'
import { readSqlite, verify } from './verify.ts'

const seed = Number(process.env.MINTMARK_KILL_SEED ?? 20_260_101)
const rounds = Number(process.env.MINTMARK_KILL_ROUNDS ?? 50)

test(`REL-001: ${rounds} times kill -9 under load lose nothing acknowledged and leave nothing half done`, async (t) => {
  t.diagnostic(`seed ${seed}, ${rounds} rounds`)
  const random = seeded(seed)
  const directory = temporaryDirectory(t)
  const environment = { MINTMARK_LOG_LEVEL: 'silent' }
  const founded = await foundDemo(directory, environment)

  const journal = createJournal()
  const common = { directory, environment, founded, journal, random }
  for (let round = 1; round <= rounds; round += 1) {
    await killUnderLoad(common, {
      name: `round-${round}`,
      compromises: round % 10 === 0,
    })
    verify(await readSqlite(join(directory, 'mintmark.sqlite')), journal)
  }

  const last = await startServerProcess(t, directory, environment)
  assert.equal((await fetch(`${last.adminUrl}/health/ready`)).status, 200)
  verify(await readSqlite(join(directory, 'mintmark.sqlite')), journal)
  assertAsked(t, journal, rounds)
})
