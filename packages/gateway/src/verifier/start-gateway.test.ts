import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { ask, type Spoken } from '../../test/ask.ts'
import { type GatewayOptions, startGateway } from './start-gateway.ts'

const routes = (issuer: string, jwks: unknown): string =>
  JSON.stringify({
    issuers: [{ issuer, keys: { jwks } }],
    audience,
    routes: [
      { path: '/read/**', methods: ['GET'], scopes: ['api:read'], headers: { 'X-Api-Version': '2' } },
      { path: '/write', scopes: ['api:write'] },
      { path: '/open', methods: ['GET'], public: true },
    ],
  })

const setUp = async (context: TestContext, more: Partial<GatewayOptions> = {}) => {
  const issuer = await localIssuer(context)
  const lines: string[] = []
  const write = (_message: string, details = {}) => void lines.push(JSON.stringify(details))
  const gateway = await startGateway({
    routes: { text: routes(issuer.issuer, { keys: [issuer.key.jwk] }) },
    currentTime: () => start * 1000,
    log: { debug: write, info: write, warn: write, error: write },
    ...more,
  })
  context.after(() => gateway.close({ timeout: 0 }))
  return { ...issuer, gateway, lines }
}

/** How each gateway says which request it asks about. */
const spoken: readonly (readonly [string, (method: string, target: string) => Spoken])[] = [
  [
    'nginx',
    (method, target) => ({ path: '/nginx', headers: { 'X-Original-Method': method, 'X-Original-URI': target } }),
  ],
  [
    'haproxy',
    (method, target) => ({ path: '/haproxy', headers: { 'X-Original-Method': method, 'X-Original-URI': target } }),
  ],
  [
    'traefik',
    (method, target) => ({ path: '/traefik', headers: { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': target } }),
  ],
  [
    'caddy',
    (method, target) => ({ path: '/caddy', headers: { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': target } }),
  ],
  ['envoy', (method, target) => ({ path: `/envoy${target}`, method, headers: {} })],
]

test('a good token passes, and the API is told who calls', async (context) => {
  const { gateway, sign, issuer } = await setUp(context)
  const bearer = `Bearer ${await sign()}`
  for (const [name, speak] of spoken) {
    const answer = await ask(gateway.url, speak('GET', '/read/reports?a=b'), { Authorization: bearer })
    assert.equal(answer.status, 200, name)
    assert.equal(answer.body, '')
    const { headers } = answer
    assert.equal(headers['x-mintmark-client-id'], 'cb')
    assert.equal(headers['x-mintmark-subject'], 'cb')
    assert.equal(headers['x-mintmark-scope'], 'api:read')
    assert.equal(headers['x-mintmark-issuer'], issuer)
    assert.equal(headers['x-mintmark-audience'], audience)
    assert.equal(headers['x-mintmark-expires'], String(start + 300))
    assert.equal(headers['x-api-version'], '2')
    assert.equal(headers.authorization, bearer)
  }
})

test('refusals have the statuses every gateway understands, with the challenge', async (context) => {
  const { gateway, sign, lines } = await setUp(context)
  const token = await sign()
  for (const [name, speak] of spoken) {
    const anonymous = await ask(gateway.url, speak('GET', '/read'))
    assert.equal(anonymous.status, 401, name)
    assert.equal(anonymous.headers['www-authenticate'], `Bearer realm="${audience}"`)
    const malformed = await ask(gateway.url, speak('GET', '/read'), { Authorization: `Bearer  ${token}` })
    assert.equal(malformed.status, 401, name)
    assert.match(malformed.headers['www-authenticate'] ?? '', /error="invalid_request"/)
    const scope = await ask(gateway.url, speak('POST', '/write'), { Authorization: `Bearer ${token}` })
    assert.equal(scope.status, 403, name)
    assert.match(scope.headers['www-authenticate'] ?? '', /error="insufficient_scope".*scope="api:write"/)
    for (const [method, target] of [
      ['GET', '/'],
      ['DELETE', '/read'],
      ['GET', '/read/../open'],
      ['GET', '/OPEN'],
      ['TRACE', '/write'],
    ] as const) {
      const unknown = await ask(gateway.url, speak(method, target), { Authorization: `Bearer ${token}` })
      assert.equal(unknown.status, 403, `${name} ${method} ${target}`)
      assert.equal(unknown.headers['www-authenticate'], undefined)
      assert.equal(unknown.headers['x-mintmark-client-id'], undefined)
      const reference = unknown.headers['mintmark-reference']
      assert.ok(lines.some((line) => line.includes(`"reference":"${reference}"`)))
    }
  }
  assert.ok(!lines.some((line) => line.includes(token)))
})
