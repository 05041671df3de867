import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { CannedAnswer } from '../test/local-server.ts'
import { clientSecret, setUp, tokenAnswer } from '../test/local-source.ts'
import { clientSecretBasic, clientSecretPost, secretFromEnvironment } from './credential.ts'
import { TokenError, type TokenErrorCode } from './errors.ts'
import { fileTokenCache, secretFromFile } from './node/index.ts'
import { type TokenSourceOptions, tokenSource } from './token-source.ts'

const older = 'mmk_cs_0lderValue'
const basic = btoa(`weather-website:${clientSecret}`)
/** What a server or a function could say back. */
const echo = `Basic ${basic} ${clientSecret} ${older} token-1`

/** Everything a program could show of a value. */
function shown(value: unknown): readonly string[] {
  const texts = [
    inspect(value, { depth: null, showHidden: true, getters: false }),
    String(JSON.stringify(value)),
    String(value),
  ]
  if (!(value instanceof Error)) return texts
  return [...texts, String(value.stack), value.message, ...(value.cause === undefined ? [] : shown(value.cause))]
}

function assertUnseen(value: unknown): void {
  for (const text of shown(value)) {
    assert.doesNotMatch(text, /s3cretValue|0lderValue|token-1/)
    assert.ok(!text.includes(basic))
  }
}

test('SEC-275: neither secret nor token shows in sources, credentials, caches and tokens', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-unseen-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const cache = fileTokenCache({ directory, key: clientSecret })
  const credential = [clientSecretPost(clientSecret), clientSecretBasic(older)] as const
  const { source, events } = await setUp(context, undefined, { credential, cache })
  const token = await source.token()
  assert.equal(token.value, 'token-1')
  for (const value of [source, token, cache, credential, events]) assertUnseen(value)
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(token))), ['type', 'scopes', 'lifetime', 'expiresAt'])
})

const refusing = (error: unknown) => () => Promise.reject(error)
const holding = (code: string) =>
  Object.assign(new Error(echo), { init: { headers: { authorization: echo } }, cause: { code, echo } })
const connection = (code: string) =>
  Object.assign(new TypeError(echo), { cause: Object.assign(new Error(echo), { code, headers: echo }) })

type Provocation = readonly [code: TokenErrorCode, options: Partial<TokenSourceOptions>, answer?: CannedAnswer]

const provocations: readonly Provocation[] = [
  ['invalid_configuration', { scope: `"${echo}` }],
  ['invalid_configuration', { resource: `#${echo}` }],
  ['invalid_configuration', { clientId: '', credential: clientSecret }],
  ['invalid_configuration', { credential: [clientSecret, older, clientSecret] as never }],
  ['insecure_url', { tokenEndpoint: `http://as.example/${clientSecret}` }],
  ['insecure_url', { tokenEndpoint: `https://a:${clientSecret}@as.example/` }],
  ['secret_unavailable', { credential: refusing(holding('x')) }],
  ['secret_unavailable', { credential: refusing(echo) }],
  ['secret_unavailable', { credential: refusing(Object.assign(new Error(echo), { name: echo, code: echo })) }],
  ['secret_unavailable', { credential: secretFromEnvironment('MINTMARK_NO_SUCH_SECRET') }],
  ['secret_unavailable', { credential: secretFromFile('/nonexistent/secret') }],
  ['cache_unsafe', { cache: fileTokenCache({ directory: '/proc/self/cwd' }) }],
  ['unreachable', { fetch: refusing(connection('ECONNREFUSED')) }],
  ['unreachable', { fetch: refusing(connection(echo)) }],
  ['unreachable', { fetch: refusing(holding('x')) }],
  ['untrusted_certificate', { fetch: refusing(connection('DEPTH_ZERO_SELF_SIGNED_CERT')) }],
  ['timeout', { fetch: () => new Promise(() => undefined), deadline: 5 }],
  ['unavailable', {}, { status: 503, body: echo }],
  ['unavailable', {}, { status: 429, headers: { 'retry-after': echo }, body: { error: 'temporarily_unavailable' } }],
  ['redirect_refused', {}, { status: 302, headers: { location: `/${clientSecret}` } }],
  [
    'invalid_metadata',
    {
      tokenEndpoint: undefined,
      issuer: 'http://localhost:1',
      fetch: async () => Response.json({ issuer: echo, token_endpoint: echo }),
    },
  ],
  ['refused', {}, { status: 401, body: { error: 'invalid_client', error_description: echo } }],
  [
    'refused',
    {},
    { status: 400, headers: { 'mintmark-reference': echo }, body: { error: 'invalid_scope', error_uri: echo } },
  ],
  ['invalid_response', {}, { status: 400, body: { error: echo } }],
  ['invalid_response', {}, tokenAnswer(1, { token_type: echo })],
  ['invalid_response', {}, tokenAnswer(1, { scope: `"${echo}` })],
  ['invalid_response', {}, { body: echo }],
]

async function provoke(context: TestContext, [, options, answer = tokenAnswer(1)]: Provocation): Promise<unknown> {
  const { requests, url } = await setUp(context, () => answer)
  const events: unknown[] = []
  try {
    const source = tokenSource({
      tokenEndpoint: `${url}/token`,
      clientId: 'weather-website',
      credential: [clientSecretPost(clientSecret), older],
      attempts: 1,
      onEvent: (event) => events.push(event),
      ...options,
    })
    await source.token()
  } catch (error) {
    assertUnseen(events)
    assert.ok(requests.length <= 2)
    return error
  }
  return assert.fail('there was no error')
}

for (const provocation of provocations) {
  const [code] = provocation
  test(`SEC-275: the error ${code} shows neither secret nor token (${provocations.indexOf(provocation)})`, async (context) => {
    const error = await provoke(context, provocation)
    assert.ok(error instanceof TokenError)
    assert.equal(error.code, code)
    assert.match(error.remedy, /^[A-Z].*\.$/)
    assertUnseen(error)
  })
}

test('SEC-275: every kind of error that a token source has was provoked', () => {
  const kinds: Record<Exclude<TokenErrorCode, 'discovery_refused'>, true> = {
    invalid_configuration: true,
    insecure_url: true,
    secret_unavailable: true,
    cache_unsafe: true,
    unreachable: true,
    untrusted_certificate: true,
    timeout: true,
    unavailable: true,
    redirect_refused: true,
    invalid_metadata: true,
    refused: true,
    invalid_response: true,
  }
  assert.deepEqual(new Set(provocations.map(([code]) => code)), new Set(Object.keys(kinds)))
})
