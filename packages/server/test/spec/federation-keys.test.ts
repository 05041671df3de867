import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { generate } from 'selfsigned'
import { startAdminServer } from '../admin-fixture.ts'
import { casesFounding } from '../fixtures.ts'
import { createPlatform, type Part, platformClaims } from '../platforms.ts'
import { assertRefused } from '../refusals.ts'

const made = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
})
const directory = mkdtempSync(join(tmpdir(), 'mintmark-ca-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const caFile = join(directory, 'ca.pem')
writeFileSync(caFile, made.cert)
const server = await startAdminServer(
  { after },
  { settings: { outboundAllowed: '127.0.0.0/8, ::1', outboundCaFile: caFile } },
)
const { call, clock, issuer } = server

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A local issuer: answers paths with JSON, or as told; keeps which paths were asked for. */
const startIssuer = async (context: TestContext) => {
  const state: { documents: Record<string, unknown>; asked: string[]; answer: Answer | undefined } = {
    documents: {},
    asked: [],
    answer: undefined,
  }
  const listener = createServer({ cert: made.cert, key: made.private }, (request, response) => {
    state.asked.push(request.url ?? '')
    if (state.answer !== undefined) return state.answer(request, response)
    const document = state.documents[request.url ?? '']
    if (document === undefined) return void response.writeHead(404).end()
    response.end(JSON.stringify(document))
  }).listen(0, 'localhost')
  context.after(() => {
    listener.close()
    listener.closeAllConnections()
  })
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  return { state, url: `https://localhost:${typeof address === 'object' ? address?.port : 0}` }
}

const register = async (id: string, trust: object, sub: string): Promise<void> => {
  const created = await call('createTrust', {}, { input: { id, ...trust } as never })
  assert.equal(created.status, 201, created.text)
  const permissions = casesFounding.clients.cb?.permissions ?? []
  const input = { id, capabilities: ['client_credentials'], permissions, authenticationMethods: ['federated'] }
  assert.equal((await call('createClient', {}, { input })).status, 201)
  const match = [{ claim: 'sub', equals: sub }]
  assert.equal((await call('createFederation', { client: id }, { input: { trust: id, match } })).status, 201)
}
const ask = (client_assertion: string, kind = 'jwt-bearer'): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: `urn:ietf:params:oauth:client-assertion-type:${kind}`,
    client_assertion,
  })
const moment = () => ({ now: Math.floor(clock.now() / 1000), audience: issuer })
const sub = 'system:serviceaccount:billing:invoices'
const claims = (iss: string, more: Part = {}): Part => platformClaims.kubernetes(moment(), iss, more)

test('keys are discovered where the issuer says, asked for once, and anew for a key that is not known', async (context) => {
  const { state, url } = await startIssuer(context)
  const [first, second] = [createPlatform('RS256', { kid: 'a' }), createPlatform('RS256', { kid: 'b' })]
  state.documents = {
    '/c1/.well-known/openid-configuration': { issuer: `${url}/c1`, jwks_uri: `${url}/keys` },
    '/keys': first.jwks,
  }
  await register('c1', { issuer: `${url}/c1`, keys: { type: 'discovery' } }, sub)
  const tokens = Array.from({ length: 8 }, () => ask(first.token(claims(`${url}/c1`))))
  assert.deepEqual([...new Set((await Promise.all(tokens)).map(({ status }) => status))], [200])
  assert.deepEqual(state.asked, ['/c1/.well-known/openid-configuration', '/keys'])
  state.documents['/keys'] = second.jwks
  await assertRefused(await ask(second.token(claims(`${url}/c1`))), 401, 'invalid_client')
  clock.advance(31_000)
  assert.equal((await ask(second.token(claims(`${url}/c1`)))).status, 200)
  await assertRefused(await ask(first.token(claims(`${url}/c1`))), 401, 'invalid_client')
})

test('an issuer with a path may have its metadata at the place of RFC 8414, a slash at its end stays', async (context) => {
  const { state, url } = await startIssuer(context)
  const platform = createPlatform('ES256')
  state.documents = {
    '/.well-known/oauth-authorization-server/t1': { issuer: `${url}/t1/`, jwks_uri: `${url}/keys` },
    '/keys': platform.jwks,
  }
  await register('rfc8414', { issuer: `${url}/t1/`, keys: { type: 'discovery' } }, sub)
  assert.equal((await ask(platform.token(claims(`${url}/t1/`)))).status, 200)
})

test('metadata of another issuer, keys over http, no keys or no JSON: it cannot be decided', async (context) => {
  const { state, url } = await startIssuer(context)
  const platform = createPlatform('ES256')
  await register('odd', { issuer: url, keys: { type: 'discovery' } }, sub)
  const place = '/.well-known/openid-configuration'
  for (const documents of [
    { [place]: { issuer: `${url}/`, jwks_uri: `${url}/keys` }, '/keys': platform.jwks },
    { [place]: { issuer: 'https://evil.example', jwks_uri: `${url}/keys` }, '/keys': platform.jwks },
    { [place]: { issuer: url, jwks_uri: 'http://localhost/keys' } },
    { [place]: { issuer: url } },
    { [place]: null },
    { [place]: { issuer: url, jwks_uri: `${url}/keys` }, '/keys': { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
    {},
  ]) {
    state.documents = documents
    clock.advance(31_000)
    const response = await ask(platform.token(claims(url)))
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    await assertRefused(response, 503, 'temporarily_unavailable')
  }
  state.answer = (_request, response) => void response.writeHead(302, { location: `${url}/elsewhere` }).end()
  clock.advance(31_000)
  await assertRefused(await ask(platform.token(claims(url))), 503, 'temporarily_unavailable')
  assert.ok(!state.asked.includes('/elsewhere'), 'redirects are not followed')
})

test('keys at hand serve while the issuer is away, for an hour; a bundle endpoint is a key set', async (context) => {
  const { state, url } = await startIssuer(context)
  const spire = createPlatform('ES256', { jwkMembers: { use: 'jwt-svid' } })
  const x509 = { kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA', use: 'x509-svid', x5c: ['MII'] }
  state.documents = {
    '/bundle': {
      keys: [x509, { kty: 'constructor' }, ...spire.jwks.keys],
      spiffe_sequence: 2,
      spiffe_refresh_hint: 300,
    },
  }
  const trust = { issuer: 'spiffe://example.org', keys: { type: 'jwks-uri', uri: `${url}/bundle` } }
  await register('mesh', trust, 'spiffe://example.org/ns/billing/sa/invoices')
  const svid = () => spire.token(platformClaims.spiffe(moment()))
  assert.equal((await ask(svid(), 'jwt-spiffe')).status, 200)
  state.answer = (_request, response) => void response.writeHead(500).end()
  clock.advance(600_000)
  assert.equal((await ask(svid(), 'jwt-spiffe')).status, 200)
  clock.advance(3_400_000)
  await assertRefused(await ask(svid(), 'jwt-spiffe'), 503, 'temporarily_unavailable')
  const tested = await call('testFederation', {}, { input: { token: svid() } })
  assert.equal(tested.body.outcome, 'undecided')
  state.answer = undefined
  clock.advance(31_000)
  assert.equal((await ask(svid(), 'jwt-spiffe')).status, 200)
})

test('an issuer at an address that is not public is not asked', async (context) => {
  const closed = await startAdminServer(context)
  const trust = { id: 'inside', issuer: 'https://localhost:1', keys: { type: 'discovery' } }
  assert.equal((await closed.call('createTrust', {}, { input: trust as never })).status, 201)
  const text = createPlatform('ES256').token(claims('https://localhost:1', { aud: closed.issuer }))
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text }
  await assertRefused(await closed.post('/oauth2/token', grant), 503, 'temporarily_unavailable')
})
