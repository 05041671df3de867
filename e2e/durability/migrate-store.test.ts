import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { freePort } from '../../packages/server/test/free-port.ts'
import { sharedPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { startProgram, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'

const environment = { MINTMARK_LOG_LEVEL: 'silent' }

/** Fills a database as years would: clients with credentials, and a log. */
const fill = (file: string, clients: number, events: number): void => {
  const connection = new DatabaseSync(file)
  connection.exec('PRAGMA synchronous = OFF; BEGIN')
  connection.exec(
    `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${clients})
     INSERT INTO entity (workspace, kind, id, parent, revision, body)
     SELECT 'default/demo', 'client', 'filler-' || n, '', 1, '{"displayName":"Filler ' || n || '"}' FROM number`,
  )
  connection.exec(
    `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${events})
     INSERT INTO audit_event (time, type, workspace, client, body)
     SELECT ${Date.now() - 86_400_000} + n, 'token.issued', 'default/demo', 'filler-' || n, '{"jti":"' || n || '"}' FROM number`,
  )
  connection.exec('COMMIT')
  connection.close()
}

test('a move that is killed again and again goes on, waits for the server to stop, loses nothing, and its tokens live on', async (t) => {
  const directory = temporaryDirectory(t)
  const { secrets } = await foundDemo(directory, environment)
  const post = async (base: string, path: string, client: string, form: Record<string, string>) => {
    const response = await fetch(`${base}/default/demo${path}`, {
      method: 'POST',
      headers: { authorization: writeBasic(client, secrets?.[client] ?? '') },
      body: new URLSearchParams(form),
    })
    return (await response.json()) as { readonly access_token: string; readonly active: boolean }
  }
  // The same address before and after: the issuer is part of every token.
  const port = String(await freePort())
  const start = async (more: Readonly<Record<string, string>> = {}) => {
    const flags = ['--data-dir', directory, '--public-port', port, '--admin-port', '0']
    const program = startProgram(t, ['serve', ...flags], { ...environment, ...more })
    let over = false
    program.exited.then(() => {
      over = true
    })
    while (!program.output().includes('mintmark is ready')) {
      assert.ok(!over, program.output())
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return { ...program, publicUrl: `http://localhost:${port}` }
  }
  const first = await start()
  const issued = await post(first.publicUrl, '/oauth2/token', 'weather-website', { grant_type: 'client_credentials' })
  first.signal('SIGTERM')
  await first.exited
  const file = join(directory, 'mintmark.sqlite')
  fill(file, 10_000, 100_000)

  const server = await sharedPostgres()
  const target = await server.createDatabase()
  t.after(target.drop)
  const rowsThere = async (): Promise<number> => {
    const { rows } = await server.query(
      target.name,
      "SELECT to_regclass('setting') IS NOT NULL AND to_regclass('entity') IS NOT NULL AS made",
    )
    if (rows[0]?.made !== true) return 0
    const found = await server.query(
      target.name,
      'SELECT (SELECT count(*) FROM audit_event) + (SELECT count(*) FROM entity) AS rows',
    )
    return Number(found.rows[0]?.rows)
  }
  const args = ['migrate-store', '--from', 'sqlite:mintmark.sqlite', '--to', target.url, '--data-dir', directory]
  for (const enough of [1, 15_000, 30_000]) {
    const program = startProgram(t, args, environment)
    let over = false
    program.exited.then(() => {
      over = true
    })
    while (!over && (await rowsThere()) < enough) await new Promise((resolve) => setTimeout(resolve, 1))
    program.signal('SIGKILL')
    const { signal } = await program.exited
    assert.equal(signal, 'SIGKILL', program.output())
    const there = await rowsThere()
    assert.ok(there < 110_000, 'it was killed in the middle')
    t.diagnostic(`killed with ${there} rows copied`)
  }
  // The last time a server runs, and the move waits until it is stopped.
  const serving = await start()
  const last = startProgram(t, args, environment)
  let ended = false
  last.exited.then(() => {
    ended = true
  })
  while (!last.output().includes('Everything is copied. Stop the servers')) {
    assert.ok(!ended, last.output())
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const late = await post(serving.publicUrl, '/oauth2/token', 'weather-website', { grant_type: 'client_credentials' })
  serving.signal('SIGTERM')
  assert.deepEqual(await serving.exited, { code: 0, signal: null })
  assert.deepEqual(await last.exited, { code: 0, signal: null }, last.output())
  assert.match(last.output(), /^Moved .* rows, all compared\.$/m)
  const copied = await server.query(target.name, 'SELECT count(*) AS rows, max(sequence) AS newest FROM audit_event')
  const source = new DatabaseSync(file, { readOnly: true })
  const kept = source.prepare('SELECT count(*) AS rows, max(sequence) AS newest FROM audit_event').get()
  source.close()
  assert.deepEqual(
    [Number(copied.rows[0]?.rows), Number(copied.rows[0]?.newest)],
    [Number(kept?.rows), Number(kept?.newest)],
  )

  const onPostgres = await start({ MINTMARK_STORE: target.url })
  for (const { access_token: token } of [issued, late]) {
    const asked = await post(onPostgres.publicUrl, '/oauth2/introspect', 'weather-api', { token })
    assert.equal(asked.active, true, JSON.stringify(asked))
  }
  const again = await post(onPostgres.publicUrl, '/oauth2/token', 'weather-website', {
    grant_type: 'client_credentials',
  })
  assert.ok(again.access_token)
  const stopped = await startProgram(t, ['serve', '--data-dir', directory, '--public-port', '0'], environment).exited
  assert.deepEqual(stopped, { code: 1, signal: null }, 'no server starts on what was moved')
})
