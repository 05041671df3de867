import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { demoFounding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { embeddedOnly } from '../../packages/server/test/postgres/test-store.ts'
import { createCanaries } from './canaries.ts'
import { startServerProcess, temporaryDirectory } from './server-process.ts'

const canaries = createCanaries()
const directory = temporaryDirectory({ after })
const masterKey = randomBytes(32)
canaries.add('master key', masterKey)
const environment = {
  MINTMARK_MASTER_KEY: masterKey.toString('base64'),
  MINTMARK_LOG_LEVEL: 'trace',
  MINTMARK_PUBLIC_PORT: '0',
  MINTMARK_ADMIN_PORT: '0',
  MINTMARK_DATA_DIR: directory,
}

/** Makes the workspace, as an installation does; the server under test is a process of its own. */
const found = async (): Promise<Readonly<Record<string, string>>> => {
  const { config } = loadConfig({
    file: undefined,
    environment: { ...environment, MINTMARK_LOG_LEVEL: 'silent' },
    flags: {},
  })
  const server = await startServer(config)
  const secrets = await foundWorkspace(demoFounding, server)
  await server.close()
  assert.ok(secrets)
  return secrets
}

const secrets = await found()
for (const [client, secret] of Object.entries(secrets)) canaries.add(`secret of ${client}`, secret)
const administrator = JSON.parse(readFileSync(join(directory, 'administrator.json'), 'utf8')) as {
  readonly clientId: string
  readonly clientSecret: string
}
canaries.add('secret of the administrator', administrator.clientSecret)
/** What a caller sent that is no secret of ours, and might be one of somebody else's. */
const chosen = 'Chosen-Passw0rd-7fQ2'
canaries.add('a wrong secret', chosen)
const assertion = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"iss":"somebody-elses"}').toString('base64url')}.c2lnbmF0dXJlLW9mLXNvbWVib2R5`
canaries.add('an assertion', assertion)

const server = await startServerProcess({ after }, directory, environment)
const issuer = `${server.publicUrl}/default/demo`
const website = writeBasic('weather-website', secrets['weather-website'] ?? '')
const api = writeBasic('weather-api', secrets['weather-api'] ?? '')
canaries.add('a Basic header', website.slice('Basic '.length))
const grant = 'grant_type=client_credentials'

type Sent = {
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Sends a request; nothing in its answer may be a secret, but for a token where one is due. */
const send = async ({ path, method = 'POST', headers = {}, body }: Sent): Promise<{ status: number; text: string }> => {
  const response = await fetch(path.startsWith('http') ? path : `${issuer}${path}`, {
    method,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join('')
  assert.deepEqual(canaries.foundIn(head), [], `${method} ${path}`)
  assert.deepEqual(canaries.foundIn(text), [], `${method} ${path}`)
  return { status: response.status, text }
}

const tokenOf = async (path: string, authorization: string, body: string): Promise<string> => {
  const { status, text } = await send({ path, headers: { authorization }, body })
  assert.equal(status, 200, text)
  return (JSON.parse(text) as { access_token: string }).access_token
}

const secretsPath = (): string => `${server.adminUrl}/admin/v1/workspaces/default/demo/clients/weather-website/secrets`

/** Secrets made by administration: shown in one answer or in none, and kept as hashes; idempotent answers are kept sealed. */
const administrate = async (adminToken: string): Promise<void> => {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const generated = await send({
    path: secretsPath(),
    headers: { ...headers, 'idempotency-key': 'redaction-generated' },
    body: '{"type":"generated"}',
  })
  assert.equal(generated.status, 201, generated.text)
  const made = (JSON.parse(generated.text) as { secret: string }).secret
  canaries.add('a generated secret', made)
  const password = 'Another-Chosen-Passw0rd-9xK4'
  canaries.add('a chosen secret', password)
  const chosenSecret = await send({
    path: secretsPath(),
    headers: { ...headers, 'idempotency-key': 'redaction-chosen' },
    body: JSON.stringify({ type: 'chosen', value: password }),
  })
  assert.equal(chosenSecret.status, 201, chosenSecret.text)
  for (const proof of [made, password]) {
    const token = await tokenOf('/oauth2/token', writeBasic('weather-website', proof), grant)
    canaries.add(`a token for ${proof === made ? 'a generated' : 'a chosen'} secret`, token)
  }
  for (const body of [
    `{"type":"chosen","value":"${password}"`,
    JSON.stringify({ type: 'chosen', value: password, unknown: password }),
    JSON.stringify({ type: 'generated', value: password }),
    JSON.stringify({ type: password, value: made }),
    JSON.stringify({ type: 'imported', hash: `${password}${made}` }),
    JSON.stringify([password, made]),
  ]) {
    const { status } = await send({ path: secretsPath(), headers, body })
    assert.ok(status >= 400 && status < 500, String(status))
  }
  await send({ path: secretsPath(), method: 'GET', headers })
}

const drive = async (): Promise<void> => {
  const token = await tokenOf('/oauth2/token', website, grant)
  const adminToken = await tokenOf(
    `${server.adminUrl}/system/admin/oauth2/token`,
    writeBasic(administrator.clientId, administrator.clientSecret),
    grant,
  )
  canaries.add('an access token', token)
  canaries.add("an administrator's token", adminToken)
  const secret = secrets['weather-website'] ?? ''

  // What is right, so that success is logged too.
  await send({ path: '/oauth2/token', body: `${grant}&client_id=weather-website&client_secret=${secret}` }).catch(
    () => {},
  )
  await send({ path: '/oauth2/introspect', headers: { authorization: api }, body: `token=${token}` })
  await send({ path: '/oauth2/revoke', headers: { authorization: website }, body: `token=${token}` })

  await administrate(adminToken)

  // What is wrong, with each secret in each place where somebody could put it.
  for (const misplaced of [secret, token, adminToken, assertion, administrator.clientSecret, website]) {
    const value = encodeURIComponent(misplaced)
    const basic = { authorization: website }
    const wrong: readonly Sent[] = [
      { path: '/oauth2/token', body: `${grant}&scope=${value}`, headers: basic },
      { path: '/oauth2/token', body: `${grant}&resource=${value}`, headers: basic },
      { path: '/oauth2/token', body: `grant_type=${value}`, headers: basic },
      { path: '/oauth2/token', body: `${grant}&client_id=weather-website&client_secret=${value}x` },
      { path: '/oauth2/token', body: `${grant}&${value}=1&${value}=2`, headers: basic },
      { path: '/oauth2/token', body: `${grant}&client_assertion=${value}&client_assertion_type=a` },
      { path: `/oauth2/token?client_secret=${value}&access_token=${value}`, body: grant },
      { path: '/oauth2/token', body: misplaced, headers: { ...basic, 'content-type': 'application/json' } },
      { path: '/oauth2/token', body: grant, headers: { authorization: `Basic ${misplaced.replaceAll(' ', '')}` } },
      {
        path: '/oauth2/token',
        body: grant,
        headers: { authorization: `${writeBasic('weather-website', misplaced)}=` },
      },
      { path: '/oauth2/token', body: grant, headers: { authorization: `Bearer ${misplaced}` } },
      {
        path: '/oauth2/token',
        body: grant,
        headers: { 'user-agent': misplaced, cookie: misplaced, referer: misplaced },
      },
      { path: '/oauth2/introspect', body: `token=${value}&token_type_hint=${value}`, headers: basic },
      { path: '/oauth2/introspect', body: `token=${value}`, headers: { authorization: `Bearer ${misplaced}` } },
      { path: '/oauth2/revoke', body: `token=${value}`, headers: { authorization: api } },
      { path: '/oauth2/authorize', method: 'GET' },
      {
        path: `${server.adminUrl}/admin/v1/nothing?token=${value}`,
        method: 'GET',
        headers: { authorization: `Bearer ${misplaced}` },
      },
      {
        path: `${server.adminUrl}/admin/v1/tenants`,
        body: `{"secret":"${misplaced}`,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      },
      {
        path: `${server.adminUrl}/admin/v1/tenants/default/workspaces/demo/clients`,
        body: JSON.stringify({ id: misplaced, secret: misplaced, unknown: misplaced }),
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      },
    ]
    for (const request of wrong) {
      const { status } = await send(request)
      assert.notEqual(status, 500, JSON.stringify(request.path.slice(0, 60)))
    }
  }
  // A password that looks like nothing can only be kept out where a secret belongs.
  for (const request of [
    { path: '/oauth2/token', body: `${grant}&client_id=weather-website&client_secret=${chosen}` },
    { path: '/oauth2/token', body: grant, headers: { authorization: writeBasic('weather-website', chosen) } },
    { path: '/oauth2/token', body: grant, headers: { authorization: writeBasic('nobody', chosen) } },
    { path: '/oauth2/introspect', body: `token=${chosen}`, headers: { authorization: api } },
    { path: '/oauth2/revoke', body: `token=${chosen}`, headers: { authorization: website } },
    {
      path: `${server.adminUrl}/system/admin/oauth2/token`,
      body: grant,
      headers: { authorization: writeBasic('cli', chosen) },
    },
  ]) {
    await send(request)
  }
  // What looks like a secret of ours or a token is taken out of paths too.
  for (const shaped of [secret, token]) await send({ path: `/${shaped}`, method: 'GET' })

  // What never becomes a request, and what ends in the middle of one.
  await send({ path: '/oauth2/token', body: `${grant}&client_secret=${secret}&a=${'a'.repeat(20_000)}` }).catch(
    () => {},
  )
  await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: website, 'x-large': 'a'.repeat(20_000) },
  }).catch(() => {})
  const controller = new AbortController()
  const aborted = fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: website, 'content-type': 'application/x-www-form-urlencoded' },
    body: new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode(`${grant}&client_secret=${secret}`))
        setTimeout(() => controller.abort(), 50)
      },
    }),
    signal: controller.signal,
    duplex: 'half',
  } as RequestInit)
  await assert.rejects(aborted)
  for (const path of ['/metrics', '/version', '/health/live', '/health/ready', '/openapi.json']) {
    await send({ path: `${server.adminUrl}${path}`, method: 'GET' })
  }
}

/** Files that the server keeps, but for those that are there to hold a secret. */
const kept = (): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.startsWith('mintmark.sqlite'))

test('SEC-225, SEC-226: no secret and no token is in any log line, answer or file of the server', {
  skip: embeddedOnly,
}, async () => {
  await drive()
  const running = kept()
  assert.ok(running.includes('mintmark.sqlite') && running.includes('mintmark.sqlite-wal'), running.join())
  for (const name of running) assert.deepEqual(canaries.foundIn(readFileSync(join(directory, name))), [], name)
  server.signal('SIGTERM')
  assert.deepEqual(await server.exited, { code: 0, signal: null })
  assert.deepEqual(canaries.foundIn(server.output()), [])
  for (const name of kept()) assert.deepEqual(canaries.foundIn(readFileSync(join(directory, name))), [], name)
})

test('SEC-226: what was driven is in the log, so that nothing to find was not for want of lines', {
  skip: embeddedOnly,
}, () => {
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const messages = new Set(lines.map(({ message }) => message))
  for (const message of ['started', 'request', 'refused', 'draining', 'stopped'])
    assert.ok(messages.has(message), message)
  assert.ok(lines.filter(({ message }) => message === 'refused').length > 50)
})

test('SEC-228: every line the server writes is one JSON object, but for the one that says it is ready', () => {
  const others = server
    .output()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))
  assert.deepEqual(others.length, 1)
  assert.match(others[0] ?? '', /^mintmark is ready/)
})

test('a search that would find a secret finds it', () => {
  assert.deepEqual(canaries.foundIn(`x${chosen}y`), [
    'a wrong secret (as it is)',
    'a wrong secret (percent-encoded)',
    'a wrong secret (as JSON)',
  ])
  assert.deepEqual(canaries.foundIn(Buffer.from(masterKey.toString('hex'))), ['master key (hexadecimal)'])
})
