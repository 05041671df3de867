import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { authorizedFetch, tokenSource } from '@mintmark/client'
import { dpopKey } from '@mintmark/client/dpop'
import { type DpopOptions, protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { startForStrangers } from '../foreign/stranger-server.ts'
import { apis, startOidcProvider } from './oidc-provider-server.ts'

const server = await startForStrangers(undefined, { transport: 'http' })
const place = { tenant: 'strangers', workspace: 'e2e' }
const credential = server.secrets.stranger ?? ''
await server.admin.updateWorkspace(place, { dpopNonce: true })
await server.admin.updateClient({ ...place, client: 'stranger' }, { dpopBoundAccessTokens: true })

/** An API on a free port, and the checks that refused a request to it. */
async function startApi(context: TestContext, dpop: DpopOptions, audience: string, opaque = false) {
  const checks: (string | undefined)[] = []
  let url = ''
  const listener = createServer((request, response) => handle(request, response))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const api = protect({
    issuer: server.issuer,
    audience,
    dpop: { ...dpop, publicUrl: url },
    ...(opaque ? { introspection: { clientId: 'stranger', credential } } : {}),
    onRefusal: ({ check }) => checks.push(check),
  })
  const handle = requireToken(api, [], (_request, response, token) => {
    const { confirmation } = token
    response.end(confirmation !== undefined && 'jkt' in confirmation ? confirmation.jkt : 'not bound to a key')
  })
  return { url, checks }
}

const newSource = (scope: string) =>
  tokenSource({ issuer: server.issuer, clientId: 'stranger', credential, scope, dpop: dpopKey() })

for (const [format, opaque] of [
  ['ES256', false],
  ['opaque', true],
] as const) {
  test(`SEC-258, SEC-278: our client, server and resource server agree on a bound token, ${format}, with nonces`, async (context) => {
    const dpop = { mode: 'required', nonces: true } as const
    const { url, checks } = await startApi(context, dpop, `https://${format.toLowerCase()}.example`, opaque)
    const source = newSource(`use:${format}`)
    const call = authorizedFetch(source)
    const answers = await Promise.all([
      call(`${url}/a?b=c`),
      call(`${url}/a`, { method: 'POST', body: 'x' }),
      call(`${url}/%7Eme/`),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    )
    const thumbprints = new Set(await Promise.all(answers.map((answer) => answer.text())))
    assert.equal(thumbprints.size, 1)
    assert.match([...thumbprints][0] ?? '', /^[\w-]{43}$/)
    assert.deepEqual(new Set(checks), new Set(['dpop-nonce']))

    const { value } = await source.token()
    const stolen = await fetch(url, { headers: { authorization: `Bearer ${value}` } })
    assert.equal(stolen.status, 401)
    assert.equal(checks.pop(), 'token-bound')
    const thief = dpopKey()
    const forged = await thief.proof({ method: 'GET', url, token: await source.token() })
    const refused = await fetch(url, { headers: { authorization: `DPoP ${value}`, dpop: forged } })
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('www-authenticate') ?? '', /^DPoP .*error="invalid_dpop_proof".*algs="/)
    assert.equal(checks.pop(), 'dpop-key')
  })
}

test('a client whose tokens are always bound gets none without a proof', async () => {
  const source = tokenSource({ issuer: server.issuer, clientId: 'stranger', credential })
  await assert.rejects(source.token(), { code: 'refused', oauthError: 'invalid_dpop_proof' })
})

test('SEC-279: our client gets bound tokens of node-oidc-provider, which wants nonces', async () => {
  const { issuer, secrets, requests } = await startOidcProvider('http')
  const source = tokenSource({
    issuer,
    clientId: 'basic',
    credential: secrets.basic,
    resource: apis.jwt,
    scope: 'read',
    dpop: dpopKey(),
  })
  const token = await source.token()
  assert.equal(token.type, 'DPoP')
  assert.equal(requests.filter((line) => line === 'POST /token').length, 2)
  const again = await source.renewToken(token)
  assert.notEqual(again.value, token.value)
  assert.equal(requests.filter((line) => line === 'POST /token').length, 3)
  const claims = JSON.parse(Buffer.from(token.value.split('.')[1] ?? '', 'base64url').toString())
  assert.match(claims.cnf.jkt, /^[\w-]{43}$/)
})
