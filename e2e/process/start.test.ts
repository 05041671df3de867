import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { embeddedOnly } from '../../packages/server/test/postgres/test-store.ts'
import { startProgram, startServerProcess, temporaryDirectory } from './server-process.ts'

test('SEC-280: an unsafe configuration ends the process with 78 and one line, before anything is made', async (context) => {
  const directory = join(temporaryDirectory(context), 'data')
  const server = startProgram(context, ['serve', '--data-dir', directory, '--admin-host', '0.0.0.0'])
  assert.deepEqual(await server.exited, { code: 78, signal: null })
  assert.match(server.output(), /^mintmark: admin\.host is beyond loopback without TLS.*\n$/)
  assert.equal(existsSync(directory), false)
})

test('a second server on the same data is refused, and the first goes on', { skip: embeddedOnly }, async (context) => {
  const directory = temporaryDirectory(context)
  const first = await startServerProcess(context, directory)
  const second = startProgram(context, ['serve', '--data-dir', directory, '--public-port', '0', '--admin-port', '0'])
  assert.equal((await second.exited).code, 1)
  assert.equal(second.output().trim().split('\n').length, 1)
  assert.equal((await fetch(`${first.adminUrl}/health/ready`)).status, 200)
})

test('a word that means nothing starts nothing', async (context) => {
  for (const command of ['serve', 'dev']) {
    const directory = join(temporaryDirectory(context), 'data')
    const server = startProgram(context, [command, 'extra', '--data-dir', directory])
    assert.deepEqual(await server.exited, { code: 2, signal: null })
    assert.equal(server.output(), `mintmark: unexpected argument: extra\n  see "mintmark help ${command}"\n`)
    assert.equal(existsSync(directory), false)
  }
})

test('unencrypted HTTP beyond loopback, when allowed, is loud', async (context) => {
  const directory = temporaryDirectory(context)
  const server = await startServerProcess(context, directory, {
    MINTMARK_INSECURE_HTTP: 'true',
    MINTMARK_ADMIN_HOST: '0.0.0.0',
  })
  server.signal('SIGTERM')
  await server.exited
  assert.match(server.output(), /"level":"warn".*insecureHttp/)
})
