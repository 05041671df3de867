import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { auditOf } from '../configure.ts'
import { manyFailures, startTestServer } from '../fixtures.ts'
import { sendRaw } from '../raw-request.ts'

/** SEC-192: whatever arrives, no crash, no 5xx, no token for who has not proven anything, and an answer in time. */
const server = await startTestServer({ after }, { settings: manyFailures })
const secret = server.secrets.cb ?? ''
const runs = 240

const paths = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('token', 'introspect', 'revoke', 'authorize')
      .map((name) => `/acme/cases/oauth2/${name}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('/acme/cases/.well-known/jwks.json', '/.well-known/openid-configuration/acme/cases'),
  },
  { weight: 1, arbitrary: fc.webPath().map((path) => path || '/') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/%00', '//', '/..', '/%2e%2e/', '/acme/%zz/oauth2/token', `/${'a/'.repeat(200)}`, '*'),
  },
)
const methods = fc.constantFrom(
  'POST',
  'POST',
  'POST',
  'POST',
  'GET',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PROPFIND',
  'QUERY',
)
const value = fc.oneof(
  fc.constantFrom(
    'client_credentials',
    'cb',
    'rsA',
    'nobody',
    'wrong',
    'api:read',
    'https://api-a.test',
    'eyJhbGciOiJub25lIn0.e30.',
    'mmk_at_x',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('%', '%00', '%ff', '%c0%ae', '+', '"', '\\', "' OR 1=1 --", '<script>', '../../etc/passwd', '\u202e'),
)
const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'grant_type',
      'client_id',
      'client_secret',
      'scope',
      'resource',
      'token',
      'token_type_hint',
      'client_assertion',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 10 }) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'a[b]', 'a.b') },
)
const encodeSafely = (text: string): string => {
  try {
    return encodeURIComponent(text)
  } catch {
    return '%ED%A0%80'
  }
}
const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(name, value), { maxLength: 6 })
      .map((pairs) => Buffer.from(pairs.map(([key, text]) => `${encodeSafely(key)}=${encodeSafely(text)}`).join('&'))),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(name, value), { maxLength: 4 })
      .map((pairs) => Buffer.from(pairs.map((pair) => pair.join('=')).join('&'))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
)
const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
const authorization = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(
    'Basic',
    'Basic =',
    'Bearer',
    'Bearer x',
    'Bearer eyJ.e30.x',
    'DPoP x',
    basic('cb:wrong'),
    basic('rsA:'),
    basic('nobody:x'),
  ),
  visible.map((text) => `Basic ${text}`),
  visible,
)
const headers = fc.record({
  authorization,
  'content-type': fc.oneof(
    { weight: 5, arbitrary: fc.constant('application/x-www-form-urlencoded') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('application/json', 'text/plain', 'multipart/form-data; boundary=x', ';', 'a/b;c="'),
    },
    { weight: 1, arbitrary: visible },
  ),
  accept: fc.oneof(
    fc.constant(undefined),
    fc.constantFrom('application/jwt', 'application/token-introspection+jwt', '*/*;q=', ',,,;;;'),
    visible,
  ),
  'if-none-match': fc.oneof(fc.constant(undefined), visible),
  'x-forwarded-for': fc.oneof(fc.constant(undefined), visible),
  'transfer-encoding': fc.oneof(
    { weight: 20, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('chunked', 'identity', 'gzip, chunked') },
  ),
  expect: fc.oneof(
    { weight: 20, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('100-continue', 'nonsense') },
  ),
})

const request = fc
  .record({ method: methods, path: paths, query: fc.oneof(fc.constant(''), fc.webQueryParameters()), headers, body })
  .map(({ method, path, query, headers: values, body: content }) => {
    const target = path + (query === '' ? '' : `?${query}`)
    const lines = Object.entries(values).flatMap(([header, text]) => (text === undefined ? [] : [`${header}: ${text}`]))
    const length = values['transfer-encoding'] === undefined ? [`Content-Length: ${content.length}`] : []
    const head = [
      `${method} ${target} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      ...length,
      ...lines,
      '',
      '',
    ].join('\r\n')
    // A body in chunks that never ends would be waited for, rightly: it ends.
    return Buffer.concat([
      Buffer.from(head, 'latin1'),
      content,
      ...(length.length === 0 ? [Buffer.from('\r\n0\r\n\r\n')] : []),
    ])
  })

test('SEC-192: generated requests give no crash, no 5xx and no token', async () => {
  const issuedBefore = (await auditOf(server.store, { types: ['token.issued'] })).length
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 8 }), async (requests) => {
      const answers = await Promise.all(requests.map((bytes) => sendRaw(server.issuer, bytes)))
      for (const [index, { status, body: text, headers: answered }] of answers.entries()) {
        const sent = requests[index]?.toString('latin1') ?? ''
        // 501 is Node's own answer to a transfer coding it does not know, 417 to an expectation.
        assert.ok((status >= 200 && status < 500) || status === 501, `${status} ${text}\n${sent}`)
        assert.ok(!text.includes('access_token'), sent)
        assert.ok(!text.includes('"active":true'), sent)
        assert.ok(!text.includes('node:') && !text.includes('.ts:'), text)
        assert.equal(answered['access-control-allow-origin'], undefined)
      }
    }),
    { numRuns: Math.ceil(runs / 8), seed, interruptAfterTimeLimit: 4000 },
  )
  assert.equal((await auditOf(server.store, { types: ['token.issued'] })).length, issuedBefore)
  assert.ok(await server.token('cb'), 'and the server serves on')
})

test('SEC-192: whatever an authenticated client sends, an answer is one of those the RFCs know', async () => {
  const form = fc.array(fc.tuple(name, value), { maxLength: 5 })
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
  await fc.assert(
    fc.asyncProperty(form, fc.constantFrom('token', 'introspect', 'revoke'), async (pairs, endpoint) => {
      const text = pairs.map(([key, content]) => `${encodeSafely(key)}=${encodeSafely(content)}`).join('&')
      const response = await server.post(`/oauth2/${endpoint}`, text, server.basic('cb', secret))
      const answer = await response.text()
      assert.ok([200, 400, 401].includes(response.status), `${response.status} ${text}`)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      if (response.status === 200) return
      const { error } = JSON.parse(answer) as { error: string }
      assert.match(error, /^(invalid_(request|client|scope|target)|unsupported_grant_type)$/)
      assert.ok(response.headers.get('mintmark-reference'))
    }),
    { numRuns: runs, seed, interruptAfterTimeLimit: 4000 },
  )
})
