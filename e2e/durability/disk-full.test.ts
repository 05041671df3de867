import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type AdminError, createAdminClient } from '@mintmark/client/admin'
import { writeBasic } from '@mintmark/protocol'
import { until } from '../../packages/server/test/until.ts'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'
import { createSmallDisk, type SmallDisk } from './small-disk.ts'
import { canForbidWriting, createUnwritableFiles } from './unwritable-files.ts'

const environment = { MINTMARK_LOG_LEVEL: 'silent' }
const place = { tenant: 'default', workspace: 'demo' }

const start = async (t: TestContext, directory: string) => {
  const { secrets, administrator } = await foundDemo(directory, environment)
  const server = await startServerProcess(t, directory, environment)
  const issuer = `${server.publicUrl}/default/demo`
  const post = (path: string, client: string, form: Record<string, string>): Promise<Response> =>
    fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { authorization: writeBasic(client, secrets?.[client] ?? '') },
      body: new URLSearchParams(form),
    })
  const admin = createAdminClient({ ...administrator, adminUrl: server.adminUrl, attempts: 1 })
  return {
    server,
    issuer,
    admin,
    token: () => post('/oauth2/token', 'weather-website', { grant_type: 'client_credentials' }),
    introspect: (token: string) => post('/oauth2/introspect', 'weather-api', { token }),
    revoke: (token: string) => post('/oauth2/revoke', 'weather-website', { token }),
    health: (name: string) => fetch(`${server.adminUrl}/health/${name}`),
  }
}

const withoutSpace = async (t: TestContext, directory: string, disk: SmallDisk): Promise<void> => {
  const { server, issuer, admin, token, introspect, revoke, health } = await start(t, directory)
  const jtis: string[] = []
  const takeToken = async (): Promise<string> => {
    const response = await token()
    assert.equal(response.status, 200)
    const { access_token: jwt } = (await response.json()) as { access_token: string }
    jtis.push((JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti)
    return jwt
  }
  const first = await takeToken()
  assert.equal((await admin.listClients(place)).items.length, 2)

  disk.fill(server.pid)
  // Pages at the end of the log may still take a few events; then there is no room for one.
  await until('no token without its audit event', async () => {
    const response = await token()
    if (response.status === 200) {
      const { access_token: jwt } = (await response.json()) as { access_token: string }
      jtis.push((JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti)
      return false
    }
    assert.equal(response.status, 503)
    assert.ok(response.headers.has('retry-after'))
    return true
  })
  assert.equal((await revoke(first)).status, 503)
  await assert.rejects(
    admin.createClient(place, { id: 'half', capabilities: [] }),
    (error: AdminError) => error.status === 503,
  )
  // What needs no write goes on.
  assert.equal((await introspect(first)).status, 200)
  assert.equal((await fetch(`${issuer}/.well-known/jwks.json`)).status, 200)
  assert.equal((await fetch(`${issuer}/.well-known/oauth-authorization-server`)).status, 200)
  assert.equal((await health('live')).status, 200)
  await until('readiness goes down', async () => (await health('ready')).status === 503)

  disk.free(server.pid)
  await until('tokens again, without a restart', async () => (await token()).status === 200)
  await takeToken()
  await until('readiness comes back', async () => (await health('ready')).status === 200)
  assert.ok(
    ((await (await introspect(first)).json()) as { active: boolean }).active,
    'the refused revocation was not done',
  )
  assert.equal((await revoke(first)).status, 200)
  assert.deepEqual(await (await introspect(first)).json(), { active: false })
  assert.equal((await admin.listClients(place)).items.length, 2)
  assert.equal((await admin.createClient(place, { id: 'whole', capabilities: [] })).id, 'whole')

  server.signal('SIGTERM')
  assert.deepEqual(await server.exited, { code: 0, signal: null })
  const database = new DatabaseSync(join(directory, 'mintmark.sqlite'), { readOnly: true })
  assert.deepEqual(database.prepare('PRAGMA integrity_check').all(), [{ __proto__: null, integrity_check: 'ok' }])
  const recorded = new Set(
    database
      .prepare("SELECT json_extract(body, '$.jti') AS jti FROM audit_event WHERE type = 'token.issued'")
      .all()
      .map(({ jti }) => jti),
  )
  database.close()
  for (const jti of jtis) assert.ok(recorded.has(jti), 'a token without its event')
}

test('REL-004: with a full disk nothing is half done, what needs no write goes on, and space brings everything back', async (t) => {
  const directory = temporaryDirectory(t)
  const disk = createSmallDisk(directory)
  t.diagnostic(disk.kind)
  try {
    await withoutSpace(t, directory, disk)
  } finally {
    disk.remove()
  }
})

test('REL-004: the same where the data directory cannot be written any more, and can again', {
  skip: canForbidWriting() ? false : 'files can be made immutable by root on a file system that knows it',
}, async (t) => {
  const directory = temporaryDirectory(t)
  const files = createUnwritableFiles(directory)
  try {
    await withoutSpace(t, directory, files)
  } finally {
    files.remove()
  }
})
