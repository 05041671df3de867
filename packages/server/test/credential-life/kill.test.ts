import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { credentialState, lifeOf } from '../../src/domain/credential-state.ts'
import { createSystemRandom } from '../../src/lib/random.ts'
import { foundWorkspace } from '../../src/registry/bootstrap.ts'
import { createChangeSets } from '../../src/registry/change-set.ts'
import { cancelRotation, readRotation } from '../../src/registry/rotation.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { casesFounding } from '../fixtures.ts'

const script = fileURLToPath(new URL('rotating-process.ts', import.meta.url))
const workspace = 'acme/cases'

/** Lets the process rotate, and kills it in the middle of what comes after so many commits. */
const rotateAndKill = async (file: string, commits: number): Promise<void> => {
  const child = spawn(process.execPath, [script, file, 'cb'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  let seen = ''
  for await (const piece of child.stdout) {
    seen += String(piece)
    if (seen.split('\n').length > commits) child.kill('SIGKILL')
  }
  assert.equal(await ended, 'SIGKILL')
}

test('kill -9 in the middle of rotations leaves each whole or not begun: never a client between two credentials', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'mintmark.sqlite')
  const founded = await openSqlite(file)
  await foundWorkspace(casesFounding, {
    store: founded,
    clock: { now: () => Date.now() },
    random: createSystemRandom(),
  })
  await founded.close()
  for (const commits of [1, 2, 5]) {
    await rotateAndKill(file, commits)
    const store = await openSqlite(file)
    const now = Date.now()
    const found = await store.configuration.readClient(workspace, 'cb')
    const states = new Map(
      found?.credentials.map(({ id, body }) => [
        id,
        credentialState(lifeOf(JSON.parse(body) as Record<string, unknown>), now),
      ]),
    )
    const entity = await store.configuration.readEntity(workspace, 'rotation', 'cb')
    const rotation = entity && readRotation(JSON.parse(entity.body) as Record<string, unknown>)
    const named = (state: string): string[] =>
      [...states]
        .filter(([, one]) => one === state)
        .map(([id]) => id)
        .sort()
    assert.equal(named('live').length, 1)
    if (rotation === undefined || rotation.completed !== undefined) assert.deepEqual(named('draining'), [])
    else {
      assert.deepEqual(named('live'), rotation.fresh)
      assert.deepEqual(named('draining'), rotation.old.map(({ id }) => id).sort())
    }
    if (rotation?.completed !== undefined) {
      for (const { id } of rotation.old) assert.equal(states.get(id), 'retired')
    }
    // What was interrupted is ended here, so that the next process can begin.
    if (rotation !== undefined && rotation.completed === undefined) {
      const offered = () => ({
        capabilities: ['client_credentials'],
        authenticationMethods: ['client_secret_basic', 'client_secret_post'],
        tokenFormats: ['jwt', 'opaque'],
        algorithms: ['ES256'],
        endpoints: [],
      })
      const changeSets = createChangeSets({ store, offered, clock: { now: () => now }, random: createSystemRandom() })
      await changeSets.commit({ workspace, steps: cancelRotation('cb'), actor: 'test', note: 'rotation' })
    }
    await store.close()
  }
})
