import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer, type TestServer } from './fixtures.ts'
import { runCommand } from './run-command.ts'

const health = async (...args: readonly string[]) => {
  const { code, written: text } = await runCommand(['health', ...args])
  return { code, text }
}

const portOf = ({ adminUrl }: TestServer): string => new URL(adminUrl).port

test('a server that is ready is healthy: exit code 0', async (context) => {
  const server = await startTestServer(context)
  assert.deepEqual(await health('--admin-port', portOf(server)), { code: 0, text: 'ready\n' })
  assert.deepEqual(await health('--live', '--admin-port', portOf(server)), { code: 0, text: 'live\n' })
  const { code, text } = await health('--json', '--admin-port', portOf(server))
  assert.deepEqual([code, JSON.parse(text)], [0, { healthy: true, status: 'ready' }])
})

test('over TLS too, whatever name its certificate is for', async (context) => {
  const server = await startTestServer(context, { settings: { tls: 'dev' } })
  assert.deepEqual(await health('--tls', 'dev', '--admin-port', portOf(server)), { code: 0, text: 'ready\n' })
})

test('a server that drains is alive and not ready: exit code 1, and the reason', async (context) => {
  const server = await startTestServer(context)
  const closing = server.close({ delay: 300 })
  assert.deepEqual(await health('--admin-port', portOf(server)), { code: 1, text: 'not ready: draining\n' })
  assert.deepEqual(await health('--live', '--admin-port', portOf(server)), { code: 0, text: 'live\n' })
  await closing
  const gone = await health('--admin-port', portOf(server))
  assert.equal(gone.code, 1)
  assert.match(gone.text, /^no answer \(.*ECONNREFUSED/)
})

test('somebody else on the port is not healthy, and a port nobody knows is a wrong command line', async (context) => {
  const server = await startTestServer(context)
  const other = await health('--admin-port', new URL(server.publicUrl).port)
  assert.equal(other.code, 1)
  const unknown = await health('--admin-port', '0')
  assert.equal(unknown.code, 2)
  assert.match(unknown.text, /admin\.port is 0/)
})
