import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { manyFailures, startTestServer } from './fixtures.ts'
import { converse, parseAnswers } from './raw-http.ts'

/** How long to go on, in seconds; the run of record is `MINTMARK_FUZZ_SECONDS=600`. */
const seconds = Number(process.env.MINTMARK_FUZZ_SECONDS ?? 5)
const seed = Number(process.env.MINTMARK_FUZZ_SEED ?? Date.now() % 2 ** 31)
/** How many requests are on their way at once. */
const together = 16

const server = await startTestServer({ after }, { settings: manyFailures })
const ports = [server.publicUrl, server.adminUrl].map((url) => Number(new URL(url).port))
const jwt = await server.token('cb')
const opaque = await server.token('cx', { scope: 'b:read' })

const issuerPath = '/acme/cases'
const paths = [
  ...['token', 'introspect', 'revoke', 'authorize'].map((name) => `${issuerPath}/oauth2/${name}`),
  ...['jwks.json', 'openid-configuration', 'oauth-authorization-server'].map(
    (name) => `${issuerPath}/.well-known/${name}`,
  ),
  `/.well-known/oauth-authorization-server${issuerPath}`,
  '/system/admin/oauth2/token',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/version',
  '/admin/v1/tenants',
  '/admin/v1/tenants/acme/workspaces/cases/clients',
  '/openapi.json',
  '/console',
  '/',
]
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) })
const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...paths) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...paths), visible).map(([known, more]) => known + more) },
  { weight: 1, arbitrary: visible.map((text) => `/${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', '//', '/%', '/%zz', '/..%2f..', 'http://a/b', `/${'a/'.repeat(3000)}`, '/?', '/#'),
  },
)
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('POST', 'GET') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'HEAD',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'QUERY',
      'get',
      'NONE',
    ),
  },
)

const basic = (client: string): string => server.basic(client).authorization ?? ''
const authorization = fc.oneof(
  fc.constantFrom(basic('cb'), basic('cx'), basic('rsA'), `Bearer ${jwt}`, `Bearer ${opaque}`),
  fc.constantFrom('Basic', 'Basic ', 'Basic !!!', 'Bearer', 'Bearer a b', 'Digest a=b', 'Basic Og==', 'DPoP x'),
  fc.base64String().map((text) => `Basic ${text}`),
  visible,
)
const headerValue = fc.oneof(
  visible,
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  fc.constant('a'.repeat(9000)),
)
const header = fc.oneof(
  fc.tuple(fc.constant('authorization'), authorization),
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'text/plain', ';', 'a/b;c'),
  ),
  fc.tuple(
    fc.constant('accept'),
    fc.constantFrom('*/*', 'application/jwt', 'application/token-introspection+jwt', 'q=;,', 'a/b;q=2'),
  ),
  fc.tuple(
    fc.constantFrom('if-none-match', 'if-match', 'idempotency-key', 'cookie', 'range', 'origin', 'x-forwarded-for'),
    headerValue,
  ),
  fc.tuple(
    fc.constantFrom(
      'transfer-encoding',
      'content-length',
      'connection',
      'upgrade',
      'expect',
      'host',
      'te',
      'content-encoding',
    ),
    visible,
  ),
  fc.tuple(visible, headerValue),
)

const parameter = fc.constantFrom(
  'grant_type',
  'scope',
  'resource',
  'audience',
  'client_id',
  'client_secret',
  'token',
  'token_type_hint',
  'client_assertion',
  'client_assertion_type',
  '__proto__',
  'constructor',
  '',
)
const value = fc.oneof(
  fc.constantFrom(
    'client_credentials',
    'api:read',
    'https://api-a.test',
    'cb',
    jwt,
    opaque,
    `${jwt.slice(0, -3)}abc`,
    `${opaque}x`,
    '',
    ' ',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
)
const form = fc
  .array(fc.tuple(parameter, value), { maxLength: 8 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`).join('&'))
const body = fc.oneof(
  { weight: 6, arbitrary: form.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Buffer.alloc(17_000, 97), Buffer.from('['.repeat(10_000)), Buffer.from('%')),
  },
)

const message = fc
  .record({
    port: fc.constantFrom(...ports),
    method,
    path,
    headers: fc.array(header, { maxLength: 6 }),
    plausible: fc.boolean(),
    body,
  })
  .map(({ port, method, path, headers, plausible, body }) => {
    const own = plausible
      ? `authorization: ${basic('cb')}\r\ncontent-type: application/x-www-form-urlencoded\r\n`
      : headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')
    const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${own}content-length: ${body.length}\r\n\r\n`
    return { port, method, bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]) }
  })

const check = async ({ port, method, bytes }: { port: number; method: string; bytes: Buffer }): Promise<void> => {
  const { answers, milliseconds, text, ended } = await converse(port, bytes, {
    until: (received) => parseAnswers(received, [method]).length > 0,
  })
  assert.ok(milliseconds < 2500, `${milliseconds} ms, ${ended}`)
  const [answer] = parseAnswers(text, [method])
  assert.ok(answer, 'there is an answer')
  assert.ok(answer.status >= 200 && answer.status < 500, `${answer.status} ${answer.body}`)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.ok(answers.length >= 1 || method === 'HEAD')
}

test(`SEC-192: the server lives through garbage, with seed ${seed}`, async (context) => {
  context.diagnostic(`MINTMARK_FUZZ_SEED=${seed}`)
  let sent = 0
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: together, maxLength: together }), async (messages) => {
      await Promise.all(messages.map(check))
      sent += messages.length
    }),
    {
      seed,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
      endOnFailure: true,
    },
  )
  context.diagnostic(`${sent} requests`)
  assert.ok(sent > 0)
  assert.equal((await fetch(`${server.adminUrl}/health/ready`)).status, 200)
  await server.token('cb')
})
