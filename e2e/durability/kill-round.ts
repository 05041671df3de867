import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startServerProcess } from '../process/server-process.ts'
import type { FoundedDemo } from './found-demo.ts'
import type { Journal } from './journal.ts'
import { startLoad } from './load.ts'

/** What the rounds of a test have in common. */
export type Rounds = {
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly founded: FoundedDemo
  readonly journal: Journal
  readonly random: () => number
}

/**
 * Starts a server, asks it for tokens and changes until enough is acknowledged, and kills it in the midst of more.
 * @param compromises whether signing keys are compromised too
 * @param before what else ends, a moment before the server is killed
 */
export const killUnderLoad = async (
  { directory, environment, founded, journal, random }: Rounds,
  {
    name,
    compromises,
    before,
  }: { readonly name: string; readonly compromises: boolean; readonly before?: () => Promise<void> },
): Promise<void> => {
  const server = await startServerProcess({ after: () => {} }, directory, environment)
  const stop = startLoad(
    {
      issuer: `${server.publicUrl}/default/demo`,
      adminUrl: server.adminUrl,
      client: { id: 'weather-website', secret: founded.secrets?.['weather-website'] ?? '' },
      administrator: founded.administrator,
      name,
    },
    journal,
    compromises,
  )
  // Counted in what was acknowledged, so that a busy machine is asked as much as a fast one; then somewhere in between.
  const enough = journal.tokens.size + 5 + Math.floor(random() * 60)
  for (let waited = 0; journal.tokens.size < enough && waited < 2000; waited += 5) await delay(5)
  await delay(random() * 15)
  await before?.()
  server.signal('SIGKILL')
  const [exit] = await Promise.all([server.exited, stop()])
  assert.deepEqual(exit, { code: null, signal: 'SIGKILL' })
}

/** Fails unless the rounds acknowledged something of everything; says how much. */
export const assertAsked = (t: TestContext, journal: Journal, rounds: number): void => {
  t.diagnostic(
    `${journal.tokens.size} tokens, ${journal.revoked.size} revocations, ${journal.clients.size} clients, ${journal.secrets.size} secrets, ${journal.compromised.size} keys`,
  )
  assert.ok(journal.tokens.size > rounds && journal.revoked.size > 0 && journal.clients.size > 0)
}
