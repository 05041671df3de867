import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import type { CredentialTrace, LeakQuestion } from '@mintmark/protocol/admin'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call } = server

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** A client that may read from API A, with a secret of its own. */
const makeClient = async (id: string) => {
  const { body, status, text } = await call(
    'createClient',
    {},
    {
      input: {
        id,
        displayName: `The ${id}`,
        capabilities: ['client_credentials'],
        permissions: [{ api: 'api-a', scopes: ['api:read'] }],
        secret: { type: 'generated' },
      },
    },
  )
  assert.equal(status, 201, text)
  const { id: credential = '', secret = '' } = body.secret ?? {}
  return { id, credential, secret }
}

const ask = async (id: string, secret: string) => {
  const response = await server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials', scope: 'api:read' },
    server.basic(id, secret),
  )
  return { status: response.status, body: (await response.json()) as { access_token: string; error?: string } }
}

const identify = (input: LeakQuestion | Record<string, unknown>, token?: string) =>
  call('identifyLeak', {}, { input, ...(token === undefined ? {} : { token }) })

const trace = async (client: string, credential: string): Promise<CredentialTrace> =>
  (await call('traceCredential', { client, credential }, {})).body

const events = async (client: string) =>
  (await call('listAuditEvents', {}, { query: { client, type: 'credential.leaked' } })).body.items

const isActive = async (token: string) => (await call('inspectToken', {}, { input: { token } })).body.active

test('a generated secret is known by its digest alone: whose it is, since when, by whom made and where used', async () => {
  const { id, credential, secret } = await makeClient('ledger')
  await ask(id, secret)
  const { status, body, text } = await identify({ digest: digestOf(secret) })
  assert.equal(status, 200, text)
  const [owner] = body.owners
  assert.deepEqual(
    [owner?.workspace, owner?.client, owner?.displayName, owner?.credential, owner?.type, owner?.state, owner?.live],
    ['acme/cases', id, 'The ledger', credential, 'secret', 'live', true],
  )
  assert.equal(owner?.hint, secret.slice(-4))
  assert.match(owner?.createdBy ?? '', /^system\/admin\//)
  assert.equal(body.owners.length, 1)
  assert.ok(!text.includes(digestOf(secret)))
})

test('tokens of either format and a jti lead to the credential that got them', async () => {
  const { id, credential, secret } = await makeClient('reports')
  const { body } = await ask(id, secret)
  const found = (await identify({ token: body.access_token })).body
  assert.deepEqual([found.token?.client, found.token?.active, found.owners[0]?.credential], [id, true, credential])
  const byJti = (await identify({ workspace: 'acme/cases', jti: found.token?.jti ?? '' })).body
  assert.deepEqual([byJti.token, byJti.owners[0]?.client], [undefined, id])
  const opaque = (await identify({ token: await server.token('cx', { scope: 'b:read' }) })).body
  assert.deepEqual([opaque.token?.client, opaque.owners[0]?.client], ['cx', 'cx'])
})

test('a public key leads to the client that is registered with it', async () => {
  const { id } = await makeClient('signer')
  for (const [type, options] of [
    ['ec', { namedCurve: 'P-256' }],
    ['ed25519', {}],
    ['rsa', { modulusLength: 2048 }],
  ] as const) {
    const { publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string })
    const jwk = publicKey.export({ format: 'jwk' })
    const alg = type === 'rsa' ? { alg: 'PS256' } : {}
    const made = await call('createClientKey', { client: id }, { input: { type: 'key', jwk: { ...jwk, ...alg } } })
    assert.equal(made.status, 201, made.text)
    const { owners } = (await identify({ workspace: 'acme/cases', jwk })).body
    assert.deepEqual([owners[0]?.client, owners[0]?.credential, owners[0]?.type], [id, made.body.id, 'key'])
  }
})

test('a chosen secret is found where its client is named, and only by who may handle secrets', async () => {
  const { id } = await makeClient('chosen')
  const value = 'correct horse battery staple'
  await call('createSecret', { client: id }, { input: { type: 'chosen', value } })
  const question = { workspace: 'acme/cases', client: id, secret: value }
  assert.equal((await identify(question)).body.owners[0]?.client, id)
  assert.equal((await identify({ ...question, secret: 'another horse' })).status, 404)
  const reader = await server.administrator(['read'])
  const refused = await identify(question, reader)
  assert.equal(refused.status, 403)
  assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope/)
  assert.ok(!refused.text.includes(value))
})

test('what is nobody’s, and what is another tenant’s, is the same 404', async () => {
  const { secret, id } = await makeClient('hidden')
  const { body } = await ask(id, secret)
  const stranger = await server.administrator(['read:other'])
  const unknown = await identify({ digest: digestOf('nobody') }, stranger)
  const known = await identify({ digest: digestOf(secret) }, stranger)
  const token = await identify({ token: body.access_token }, stranger)
  const strip = (text: string) => text.replaceAll(/"(instance|reference)":"[^"]+"/g, '')
  assert.deepEqual([unknown.status, known.status, token.status], [404, 404, 404])
  assert.equal(strip(known.text), strip(unknown.text))
  assert.equal(strip(token.text), strip(unknown.text))
  assert.equal((await identify({ workspace: 'acme/cases', jti: 'a.b' }, stranger)).status, 403)
  assert.equal((await identify({ workspace: 'acme/cases', jti: 'a.b' })).status, 404)
  for (const wrong of [{}, { digest: 'short' }, { digest: digestOf('x'), jti: 'y' }, { workspace: 'x', jti: 'y' }])
    assert.equal((await identify(wrong)).status, 400, JSON.stringify(wrong))
})

test('the trace adds up what was got with this credential, and with no other', async () => {
  const { id, credential, secret } = await makeClient('traced')
  const other = (await call('createSecret', { client: id }, { input: { type: 'generated' } })).body
  assert.deepEqual((await trace(id, credential)).tokens, undefined)
  const [first, second] = [await ask(id, secret), await ask(id, secret)]
  await ask(id, other.secret ?? '')
  await ask(id, 'wrong')
  const found = await trace(id, credential)
  assert.equal(found.tokens?.count, 2)
  assert.deepEqual([found.refusals, found.liveCount, found.next], [1, 2, undefined])
  assert.deepEqual([found.apis[0]?.api, found.apis[0]?.scope, found.apis[0]?.count], ['api-a', 'api:read', 2])
  assert.deepEqual([found.addresses[0]?.address, found.addresses[0]?.count], ['127.0.0.1', 2])
  const jtis = await Promise.all(
    [second, first].map(async ({ body }) => (await identify({ token: body.access_token })).body.token?.jti),
  )
  assert.deepEqual(
    found.live.map(({ jti }) => jti),
    jtis,
  )
  await call('revokeTokens', {}, { input: { jti: jtis[0] } })
  assert.deepEqual(
    (await trace(id, credential)).live.map(({ jti }) => jti),
    [jtis[1]],
  )
})

test('the answer to a leak retires the credential, kills its tokens and gives a new secret, all of it at once', async () => {
  const { id, credential, secret } = await makeClient('leaky')
  const token = (await ask(id, secret)).body.access_token
  const { status, body, text } = await call('respondToLeak', {}, { input: { client: id, credential, rotate: true } })
  assert.equal(status, 200, text)
  assert.deepEqual([body.response, body.client, body.credential], ['credential-retired', id, credential])
  assert.equal(typeof body.revision, 'number')
  const refused = await ask(id, secret)
  assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client'])
  assert.equal(await isActive(token), false)
  assert.equal((await ask(id, body.secret?.secret ?? '')).status, 200)
  const owner = (await identify({ digest: digestOf(secret) })).body.owners[0]
  assert.deepEqual([owner?.state, owner?.live], ['retired', false])
  const trail = await events(id)
  assert.deepEqual(
    trail.map(({ leaked, response, credential: of }) => [leaked, response, of]),
    [['secret', 'credential-retired', credential]],
  )
  const log = JSON.stringify((await call('listAuditEvents', {}, { query: { client: id } })).body)
  for (const hidden of [secret, digestOf(secret), token, body.secret?.secret ?? '?']) assert.ok(!log.includes(hidden))
})

test('done again it changes nothing more, and the retired credential stays so when the clock goes back', async () => {
  const { id, credential, secret } = await makeClient('again')
  const first = await call('respondToLeak', {}, { input: { client: id, credential } })
  const second = await call('respondToLeak', {}, { input: { client: id, credential } })
  assert.equal(second.body.revision, first.body.revision)
  server.clock.advance(-60_000)
  assert.equal((await ask(id, secret)).status, 401)
  server.clock.advance(60_000)
})

test('a leaked token is revoked alone, and its credential goes on', async () => {
  const { id, credential, secret } = await makeClient('token-leak')
  const [leaked, other] = [await ask(id, secret), await ask(id, secret)]
  const { token } = (await identify({ token: leaked.body.access_token })).body
  const jti = token?.jti ?? ''
  const done = await call('respondToLeak', {}, { input: { client: id, credential, jti } })
  assert.deepEqual([done.status, done.body.response], [200, 'token-revoked'])
  assert.deepEqual([await isActive(leaked.body.access_token), await isActive(other.body.access_token)], [false, true])
  assert.equal((await ask(id, secret)).status, 200)
  assert.deepEqual(
    (await events(id)).map((event) => [event.leaked, event.jti]),
    [['token', jti]],
  )
  const wrong = await call('respondToLeak', {}, { input: { client: id, credential: 'another', jti } })
  assert.equal(wrong.status, 400, wrong.text)
})

test('a refused answer leaves everything as it was, the audit log included', async () => {
  const { id, credential, secret } = await makeClient('kept')
  const reader = await server.administrator(['read', 'write'])
  const input = { client: id, credential }
  const cases = [
    [await call('respondToLeak', {}, { input, token: reader }), 403],
    [await call('respondToLeak', {}, { input: { ...input, client: 'leaky' } }), 404],
    [await call('respondToLeak', {}, { input: { ...input, credential: 'none' } }), 404],
    [await call('respondToLeak', {}, { input: { ...input, expires: '2020-01-01T00:00:00Z', rotate: true } }), 400],
    [await call('respondToLeak', {}, { input: { ...input, secret } }), 400],
  ] as const
  for (const [reply, status] of cases) assert.equal(reply.status, status, reply.text)
  assert.equal((await ask(id, secret)).status, 200)
  assert.deepEqual(await events(id), [])
})
