import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import { generate } from 'selfsigned'
import { administratorFile } from '../../src/server/administrator-file.ts'
import { type AdminServer, startAdminServer } from '../admin-fixture.ts'

type Key = { readonly id: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject }
const newKey = (id: string): Key => ({ id, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) })
const [current, later, stranger] = [newKey('k1'), newKey('k2'), newKey('k1')]

const published = (...keys: readonly Key[]) => ({
  public_keys: keys.map(({ id, publicKey }) => ({
    key_identifier: id,
    key: publicKey.export({ type: 'spki', format: 'pem' }),
    is_current: true,
  })),
})

const directory = mkdtempSync(join(tmpdir(), 'mintmark-leaks-'))
after(() => rmSync(directory, { recursive: true, force: true }))

// The place where the scanner publishes its keys.
const made = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
})
const caFile = join(directory, 'ca.pem')
writeFileSync(caFile, made.cert)
const place = { keys: [current], hits: 0, broken: false }
const listener = createServer({ cert: made.cert, key: made.private }, (_request, response) => {
  place.hits += 1
  response.statusCode = place.broken ? 500 : 200
  response.end(JSON.stringify(published(...place.keys)))
}).listen(0, 'localhost')
await new Promise((resolve) => listener.once('listening', resolve))
after(() => {
  listener.close()
  listener.closeAllConnections()
})
const address = listener.address()
const keysUrl = `https://localhost:${typeof address === 'object' ? address?.port : 0}/keys`
const pinnedFile = join(directory, 'pinned.json')
writeFileSync(pinnedFile, JSON.stringify(published(current)))

/** What the servers waited for before they answered, in milliseconds: here no time passes. */
const waits: number[] = []
const wait = async (milliseconds: number): Promise<void> => {
  waits.push(milliseconds)
}
const common = { outboundAllowed: '127.0.0.0/8, ::1', outboundCaFile: caFile }
const server = await startAdminServer(
  { after },
  {
    settings: { ...common, leakReportScanners: `github=${keysUrl}, gitlab=${pinnedFile}`, leakReportAnswer: 'labels' },
    wait,
  },
)
const silent = await startAdminServer({ after }, { settings: { leakReportScanners: `gitlab=${pinnedFile}` }, wait })

type Sent = {
  readonly name?: string
  readonly key?: Key | undefined
  readonly headers?: Record<string, string>
  readonly to?: AdminServer
}

const send = (body: string, { name = 'github', key = current, headers, to = server }: Sent = {}) =>
  fetch(`${to.publicUrl}/leak-reports/${name}`, {
    method: 'POST',
    headers: headers ?? {
      'content-type': 'application/json',
      [`${name}-public-key-identifier`]: key.id,
      [`${name}-public-key-signature`]: sign('sha256', Buffer.from(body), key.privateKey).toString('base64'),
    },
    body,
  })

const found = (...tokens: readonly string[]): string =>
  JSON.stringify(
    tokens.map((token) => ({
      token,
      type: 'mintmark',
      url: 'https://example.com/a/b.txt?token=x#L1',
      source: 'content',
    })),
  )

const makeClient = async (id: string, to = server) => {
  const { body, status, text } = await to.call(
    'createClient',
    {},
    {
      input: {
        id,
        capabilities: ['client_credentials'],
        permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }],
        secret: { type: 'generated' },
      },
    },
  )
  assert.equal(status, 201, text)
  return { id, credential: body.secret?.id ?? '', secret: body.secret?.secret ?? '' }
}

const ask = async ({ id, secret }: { readonly id: string; readonly secret: string }, to = server) => {
  const response = await to.post('/oauth2/token', { grant_type: 'client_credentials' }, to.basic(id, secret))
  return { status: response.status, token: ((await response.json()) as { access_token: string }).access_token }
}

const events = async (client: string, to = server) =>
  (await to.call('listAuditEvents', {}, { query: { client, type: 'credential.leaked' } })).body.items

const isActive = async (token: string, to = server) =>
  (await to.call('inspectToken', {}, { input: { token } })).body.active

test('a secret of ours that a scanner signs for is retired at once with its tokens, and the event names the place', async () => {
  const client = await makeClient('found')
  const { token } = await ask(client)
  const nobody = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(1))
  const response = await send(found(client.secret, nobody, 'ghp_else'))
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.deepEqual(await response.json(), [
    { token_raw: client.secret, token_type: 'mintmark', label: 'true_positive' },
    { token_raw: nobody, token_type: 'mintmark', label: 'false_positive' },
    { token_raw: 'ghp_else', token_type: 'mintmark', label: 'false_positive' },
  ])
  assert.equal((await ask(client)).status, 401)
  assert.equal(await isActive(token), false)
  const [event, ...others] = await events(client.id)
  assert.equal(others.length, 0)
  assert.deepEqual(
    [event?.actor, event?.leaked, event?.response, event?.credential, event?.url],
    ['scanner/github', 'secret', 'credential-retired', client.credential, 'https://example.com/a/b.txt'],
  )
  assert.ok(!JSON.stringify((await server.call('listAuditEvents')).body).includes(client.secret))
})

test('the same report again changes nothing and is answered alike', async () => {
  const client = await makeClient('replayed')
  const body = found(client.secret, client.secret)
  const [first, second] = [await send(body), await send(body)]
  assert.equal(await first.text(), await second.text())
  assert.equal((await events(client.id)).length, 1)
  const { body: workspace } = await server.call('showWorkspace')
  await send(body)
  assert.equal((await server.call('showWorkspace')).body.revision, workspace.revision)
})

test('a token of either format is revoked alone', async () => {
  const client = await makeClient('token-found')
  const { token } = await ask(client)
  const opaque = await server.token('cx', { scope: 'b:read' })
  const other = `${opaque.slice(0, -1)}${opaque.endsWith('0') ? '1' : '0'}`
  const labels = (await (await send(found(token, opaque, other))).json()) as { label: string }[]
  assert.deepEqual(
    labels.map(({ label }) => label === 'true_positive'),
    [true, true, false],
  )
  assert.deepEqual([await isActive(token), await isActive(opaque)], [false, false])
  assert.equal((await ask(client)).status, 200)
})

test('where the workspace only wants to be told, there is an event and nothing else', async () => {
  const reply = await silent.call('updateWorkspace', {}, { input: { leakedCredentials: 'report' } })
  assert.equal(reply.status, 200, reply.text)
  const client = await makeClient('told', silent)
  const report = { name: 'gitlab', to: silent }
  const responses = [await send(found(client.secret), report), await send(found(client.secret), report)]
  for (const response of responses) assert.deepEqual([response.status, await response.text()], [200, ''])
  assert.equal((await ask(client, silent)).status, 200)
  assert.deepEqual(
    (await events(client.id, silent)).map(({ response, actor }) => [response, actor]),
    [['none', 'scanner/gitlab']],
  )
})

test('without labels what is ours and what is not are answered alike, and no sooner one than the other', async () => {
  await silent.call('updateWorkspace', {}, { input: { leakedCredentials: 'revoke' } })
  const client = await makeClient('quiet', silent)
  waits.splice(0)
  const answers: {
    readonly status: number
    readonly text: string
    readonly headers: unknown
    readonly steps: number
  }[] = []
  for (const token of [client.secret, sealFormat(clientSecretPrefix, new Uint8Array(32).fill(2))]) {
    const began = performance.now()
    const response = await send(found(token), { name: 'gitlab', to: silent })
    const taken = performance.now() - began
    const { date: _date, ...headers } = Object.fromEntries(response.headers)
    const [waited = 0] = waits.splice(0)
    // What is here above the steps is the way to the server and back.
    const steps = Math.floor((taken + waited + 20) / 1500)
    answers.push({ status: response.status, text: await response.text(), headers, steps })
  }
  assert.deepEqual(answers[0], answers[1])
  assert.ok(Number(answers[0]?.steps) >= 1, 'it leaves at the end of a step')
  assert.equal((await ask(client, silent)).status, 401)
})

test('what is not signed, or wrongly, gets one answer whatever it holds, and nothing happens', async () => {
  const client = await makeClient('safe')
  const nobody = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(3))
  const signature = (body: string, key = current) =>
    sign('sha256', Buffer.from(body), key.privateKey).toString('base64')
  const answers = new Set<string>()
  for (const body of [found(client.secret), found(nobody), '[]', 'no json', '']) {
    const wrong: readonly Record<string, string>[] = [
      {},
      { 'github-public-key-identifier': 'k1' },
      { 'github-public-key-signature': signature(body) },
      { 'github-public-key-identifier': 'k1', 'github-public-key-signature': signature(body, stranger) },
      { 'github-public-key-identifier': 'k1', 'github-public-key-signature': signature(`${body} `) },
      { 'github-public-key-identifier': 'k1', 'github-public-key-signature': 'bm90IERFUg==' },
      { 'github-public-key-identifier': 'k1', 'github-public-key-signature': '%%%' },
      { 'github-public-key-identifier': 'none', 'github-public-key-signature': signature(body) },
      { 'gitlab-public-key-identifier': 'k1', 'gitlab-public-key-signature': signature(body) },
      { 'github-public-key-identifier': '__proto__', 'github-public-key-signature': signature(body) },
    ]
    for (const headers of wrong) {
      const response = await send(body, { headers })
      const { date: _date, ...kept } = Object.fromEntries(response.headers)
      answers.add(JSON.stringify([response.status, kept, await response.text()]))
    }
  }
  assert.equal(answers.size, 1, [...answers].join('\n'))
  const [status, headers, text] = JSON.parse([...answers][0] ?? '[]') as [number, Record<string, string>, string]
  assert.equal(status, 403)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(JSON.parse(text).error, 'access_denied')
  assert.equal((await ask(client)).status, 200)
  assert.deepEqual(await events(client.id), [])
})

test('strangers cause no fetch of keys, and a new key is found after the cool-down', async () => {
  const before = place.hits
  for (let count = 0; count < 5; count += 1) {
    const headers = { 'github-public-key-identifier': `x${count}`, 'github-public-key-signature': 'AAAA' }
    assert.equal((await send('[]', { headers })).status, 403)
  }
  assert.ok(place.hits <= before + 1)
  place.keys = [current, later]
  server.clock.advance(31_000)
  assert.equal((await send('[]', { key: later })).status, 200)
})

test('when keys cannot be had it is 503, and known keys go on for a day', async () => {
  place.broken = true
  server.clock.advance(3_700_000)
  assert.equal((await send('[]')).status, 200)
  server.clock.advance(90_000_000)
  const response = await send('[]')
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '30'])
  assert.equal(((await response.json()) as { error: string }).error, 'temporarily_unavailable')
  place.broken = false
  server.clock.advance(31_000)
  assert.equal((await send('[]')).status, 200)
})

test('a signed report that is no list of findings is 400, another method 405, another name and no configuration 404', async () => {
  for (const body of [
    '{}',
    'x',
    '[1]',
    '[{"type":"x"}]',
    '[{"token":""}]',
    '[{"token":"a","type":1}]',
    `"${'a'.repeat(50)}"`,
  ]) {
    const response = await send(body, { name: 'gitlab' })
    assert.equal(response.status, 400, body)
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
  }
  const get = await fetch(`${server.publicUrl}/leak-reports/github`)
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST'])
  assert.equal((await send('[]', { name: 'gitea' })).status, 404)
  assert.equal((await send('[]', { name: 'github', to: silent })).status, 404)
  const management = await fetch(`${server.adminUrl}/leak-reports/github`, { method: 'POST', body: '[]' })
  assert.equal(management.status, 404)
})

test('more signed reports than the allowance are 503, and strangers cannot use it up', async () => {
  silent.clock.advance(600_000)
  const report = { name: 'gitlab', to: silent }
  const unsigned = await Promise.all(Array.from({ length: 100 }, () => send('[]', { ...report, headers: {} })))
  assert.ok(unsigned.every(({ status }) => status === 403))
  const signed = await Promise.all(Array.from({ length: 80 }, () => send('[]', report)))
  const taken = signed.filter(({ status }) => status === 200).length
  assert.ok(taken >= 1 && taken <= 64, `${taken}`)
  const refused = signed.filter(({ status }) => status !== 200)
  assert.ok(refused.every(({ status, headers }) => status === 503 && headers.get('retry-after') === '5'))
  silent.clock.advance(120_000)
  assert.equal((await send('[]', report)).status, 200)
})

test('a leaked administrator’s secret is retired, but never the last way in: then it is only reported', async () => {
  const file = (await server.call('listClients', { tenant: 'system', workspace: 'admin' })).body.items
  const admin = file.find(({ permissions }) => permissions.some(({ scopes }) => scopes.includes('secrets')))
  assert.ok(admin)
  const made = await server.call(
    'createSecret',
    { tenant: 'system', workspace: 'admin', client: admin.id },
    { input: { type: 'generated' } },
  )
  const { secret = '' } = made.body
  const response = await send(found(secret))
  assert.equal(response.status, 200)
  await assert.rejects(server.adminToken(undefined, admin.id, secret))
  const last = JSON.parse(readFileSync(join(server.dataDirectory, administratorFile), 'utf8')) as {
    clientSecret: string
  }
  assert.equal((await send(found(last.clientSecret))).status, 200)
  assert.ok(await server.adminToken())
  const { items } = (
    await server.call('listAuditEvents', {}, { query: { workspace: 'system/admin', type: 'credential.leaked' } })
  ).body
  assert.deepEqual(
    items.map(({ response: done }) => done),
    ['none', 'credential-retired'],
  )
})

test('strangers that wait for keys of a scanner that do not come take no place from those who ask for tokens', async (context) => {
  const asked = Promise.withResolvers<void>()
  const held: Server = createServer({ cert: made.cert, key: made.private }, () => asked.resolve()).listen(
    0,
    'localhost',
  )
  await new Promise((resolve) => held.once('listening', resolve))
  context.after(() => {
    held.closeAllConnections()
    held.close()
  })
  const at = held.address()
  const url = `https://localhost:${typeof at === 'object' ? at?.port : 0}/keys`
  const settings = { ...common, leakReportScanners: `github=${url}`, concurrentLimit: '1', waitingLimit: '0' }
  const busy = await startAdminServer({ after }, { settings })
  const strangers = [send('[]', { to: busy, key: stranger }), send('[]', { to: busy, key: stranger })]
  await asked.promise
  const answered = await busy.post('/oauth2/token', { grant_type: 'client_credentials' }, busy.basic('cb'))
  assert.equal(answered.status, 200, await answered.text())
  held.closeAllConnections()
  for (const response of await Promise.all(strangers)) assert.ok([403, 503].includes(response.status))
})
