import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { generate } from 'selfsigned'
import { createFetchPublic } from '../../src/lib/fetch-public.ts'
import { isPublicAddress } from '../../src/lib/public-address.ts'
import { startAdminServer } from '../admin-fixture.ts'
import { casesFounding } from '../fixtures.ts'
import { assertRefused, refusalEvent } from '../refusals.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Certificate = { readonly cert: string; readonly key: string }
const certificateFor = async (name: string, notAfter = new Date(Date.now() + 86_400_000)): Promise<Certificate> => {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 172_800_000),
    notAfterDate: notAfter,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  })
  return { cert: made.cert, key: made.private }
}
const trusted = await certificateFor('localhost')
const directory = mkdtempSync(join(tmpdir(), 'mintmark-ca-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const caFile = join(directory, 'ca.pem')
writeFileSync(caFile, trusted.cert)

const server = await startAdminServer(
  { after },
  { settings: { outboundAllowed: '127.0.0.0/8, ::1', outboundCaFile: caFile } },
)

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A place where a client publishes its keys; counts who asks. */
const publish = async (context: TestContext, answer: Answer, certificate = trusted) => {
  const state = { hits: 0, answer }
  const listener = createServer(certificate, (request, response) => {
    state.hits += 1
    state.answer(request, response)
  }).listen(0, 'localhost')
  context.after(() => {
    listener.close()
    listener.closeAllConnections()
  })
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  return { state, uri: `https://localhost:${typeof address === 'object' ? address?.port : 0}/jwks.json` }
}

const newKey = (kid: string) => ({ kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) })
type Key = ReturnType<typeof newKey>
const setOf =
  (...keys: readonly Key[]): Answer =>
  (_request, response) =>
    void response.end(
      JSON.stringify({ keys: keys.map(({ kid, publicKey }) => ({ kid, ...publicKey.export({ format: 'jwk' }) })) }),
    )

const createClient = async (id: string, uri: string): Promise<void> => {
  const permissions = casesFounding.clients.cb?.permissions ?? []
  const input = { id, capabilities: ['client_credentials'], permissions, authenticationMethods: ['private_key_jwt'] }
  assert.equal((await server.call('createClient', {}, { input })).status, 201)
  const added = await server.call('createClientKey', { client: id }, { input: { type: 'key-set', uri } })
  assert.equal(added.status, 201, added.text)
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const assertion = (
  client: string,
  { kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject },
): string => {
  const now = Math.floor(server.clock.now() / 1000)
  const claims = { iss: client, sub: client, aud: server.issuer, jti: randomUUID(), exp: now + 60 }
  const input = `${encode({ alg: 'ES256', kid })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const ask = (client: string, key: Key): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: assertionType,
    client_assertion: assertion(client, key),
  })

describe('keys that a client publishes (jwks_uri)', () => {
  test('SEC-091: a new key is taken after one fetch, a removed one no more', async (context) => {
    const [k1, k2] = [newKey('k1'), newKey('k2')]
    const { state, uri } = await publish(context, setOf(k1))
    await createClient('cu', uri)
    const first = await Promise.all(Array.from({ length: 10 }, () => ask('cu', k1)))
    assert.deepEqual([...new Set(first.map(({ status }) => status))], [200])
    assert.equal(state.hits, 1)
    state.answer = setOf(k2)
    server.clock.advance(31_000)
    assert.equal((await ask('cu', k2)).status, 200)
    assert.equal(state.hits, 2)
    await assertRefused(await ask('cu', k1), 401, 'invalid_client')
    for (let count = 0; count < 20; count += 1) await ask('cu', newKey(`unknown-${count}`))
    assert.equal(state.hits, 2, 'unknown keys cause no fetch within the cool-down')
  })

  test('keys at hand serve while they cannot be fetched, for an hour; then it cannot be decided', async (context) => {
    const key = newKey('k1')
    const { state, uri } = await publish(context, setOf(key))
    await createClient('outage', uri)
    assert.equal((await ask('outage', key)).status, 200)
    state.answer = (_request, response) => void response.writeHead(500).end()
    server.clock.advance(600_000)
    assert.equal((await ask('outage', key)).status, 200)
    server.clock.advance(3_400_000)
    await assertRefused(await ask('outage', key), 503, 'temporarily_unavailable')
    state.answer = setOf(key)
    server.clock.advance(31_000)
    assert.equal((await ask('outage', key)).status, 200)
  })

  test('a set that is none, holds a private key, is too large, elsewhere or not https gives no key', async (context) => {
    const key = newKey('k1')
    const secret = { kid: 'k1', ...key.privateKey.export({ format: 'jwk' }) }
    const answers: Readonly<Record<string, Answer>> = {
      'no-json': (_request, response) => void response.end('<html>'),
      'no-set': (_request, response) => void response.end('[]'),
      private: (_request, response) => void response.end(JSON.stringify({ keys: [secret] })),
      large: (_request, response) => void response.end(JSON.stringify({ keys: [], more: 'x'.repeat(70_000) })),
      redirect: (_request, response) => void response.writeHead(302, { location: 'https://localhost/other' }).end(),
    }
    for (const [name, answer] of Object.entries(answers)) {
      const { state, uri } = await publish(context, answer)
      await createClient(`bad-${name}`, uri)
      await assertRefused(await ask(`bad-${name}`, key), 503, 'temporarily_unavailable')
      assert.equal(state.hits, 1, name)
    }
  })

  test('SEC-199: one slow place costs one fetch and nobody else', async (context) => {
    const key = newKey('k1')
    const slow = Promise.withResolvers<ServerResponse>()
    const { state, uri } = await publish(context, (_request, response) => slow.resolve(response))
    await createClient('slow', uri)
    const waiting = Array.from({ length: 100 }, () => ask('slow', key))
    const response = await slow.promise
    assert.ok(await server.token('cb'))
    setOf(key)({} as IncomingMessage, response)
    assert.deepEqual([...new Set((await Promise.all(waiting)).map(({ status }) => status))], [200])
    assert.equal(state.hits, 1)
  })

  test('SEC-200: a certificate that is not trusted, of another host or over is refused', async (context) => {
    const key = newKey('k1')
    for (const [name, certificate] of [
      ['self-signed', await certificateFor('localhost')],
      ['other-host', await certificateFor('other.example')],
      ['over', await certificateFor('localhost', new Date(Date.now() - 3_600_000))],
    ] as const) {
      const { state, uri } = await publish(context, setOf(key), certificate)
      await createClient(`tls-${name}`, uri)
      await assertRefused(await ask(`tls-${name}`, key), 503, 'temporarily_unavailable')
      assert.equal(state.hits, 0, name)
    }
  })
})

describe('SEC-197: what is not public is not fetched', () => {
  test('private and special addresses, in every spelling and behind a name', async (context) => {
    const { state, uri } = await publish(context, setOf(newKey('k1')))
    const port = new URL(uri).port
    const fetchPublic = createFetchPublic()
    for (const host of [
      ...['127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0', '192.168.1.1', '100.64.0.1', '172.31.255.255'],
      ...['[::1]', '[fc00::1]', '[::ffff:10.0.0.1]', '[fe80::1]', '[64:ff9b::a00:1]', '[2002:a00:1::]', '[::7f00:1]'],
      ...['[::ffff:0:127.0.0.1]', '[::ffff:0:a00:1]', '[64:ff9b:1::a00:1]', '[64:ff9b:1:ffff::a00:1]'],
      ...['2130706433', '0x7f000001', '0177.0.0.1', '127.1', 'localhost', '0'],
    ]) {
      await assert.rejects(fetchPublic(`https://${host}:${port}/jwks.json`), /public|ENOTFOUND/, host)
    }
    await assert.rejects(fetchPublic(`http://localhost:${port}/`), /https/)
    assert.equal(state.hits, 0)
  })

  test('by default the server refuses a client whose keys are on this machine', async (context) => {
    const closed = await startAdminServer({ after: (hook) => context.after(hook) })
    const key = newKey('k1')
    const { state, uri } = await publish(context, setOf(key))
    const permissions = casesFounding.clients.cb?.permissions ?? []
    const input = {
      id: 'cu',
      capabilities: ['client_credentials'],
      permissions,
      authenticationMethods: ['private_key_jwt'],
    }
    await closed.call('createClient', {}, { input })
    await closed.call('createClientKey', { client: 'cu' }, { input: { type: 'key-set', uri } })
    const response = await closed.post('/oauth2/token', {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: assertion('cu', key),
    })
    assert.equal((await refusalEvent(closed, response)).check, 'client-keys-available')
    await assertRefused(response, 503, 'temporarily_unavailable')
    assert.equal(state.hits, 0)
  })

  test('public addresses are public', () => {
    for (const address of [
      '93.184.216.34',
      '2606:2800:220:1:248:1893:25c8:1946',
      '8.8.8.8',
      '172.32.0.1',
      '11.0.0.1',
    ]) {
      assert.ok(isPublicAddress(address), address)
    }
  })
})
