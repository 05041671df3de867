import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { apiRequest, audience, localIssuer, start } from '../test/local-issuer.ts'
import type { ApiRequest } from './api-request.ts'
import { protect } from './protect.ts'
import type { Requirement } from './requirement.ts'

test('what breaks while a request is decided is 503, and never an exception', async (context) => {
  const issuer = await localIssuer(context)
  const told: (string | undefined)[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    currentTime: () => start * 1_000,
    onRefusal: ({ check }) => {
      told.push(check)
      throw new Error('the log is full')
    },
  })
  const good = apiRequest('/', `Bearer ${await issuer.sign()}`)
  const broken: [ApiRequest, Requirement][] = [
    [{ ...good, header: () => assert.fail('broken') }, []],
    [{ ...good, header: () => undefined as unknown as readonly string[] }, []],
    [{ ...good, url: undefined as unknown as string }, []],
    [good, {} as Requirement],
    [good, undefined as unknown as Requirement],
    [good, new Array(1) as Requirement],
    [good, { all: new Array(1) }],
    [undefined as unknown as ApiRequest, []],
  ]
  for (const [request, requirement] of broken) {
    const decision = await api.authorize(request, requirement)
    assert.ok(!decision.allowed)
    assert.equal(decision.status, 503)
    assert.equal(decision.headers['Retry-After'], '5')
    assert.equal(decision.headers['WWW-Authenticate'], undefined)
    assert.equal(JSON.parse(decision.body).error, 'temporarily_unavailable')
    assert.equal(told.pop(), 'internal')
  }
  assert.ok((await api.authorize(good, ['api:read'])).allowed)
  // The log that broke each time did not change a refusal into anything else.
  const refused = await api.authorize(apiRequest('/', 'Bearer x'), [])
  assert.equal(refused.allowed ? 200 : refused.status, 401)
})

test('SEC-236: the scopes that would help are named, of all and any', async (context) => {
  const issuer = await localIssuer(context)
  const api = protect({ issuer: issuer.issuer, audience, metadata: true, currentTime: () => start * 1_000 })
  const request = apiRequest('/', `Bearer ${await issuer.sign()}`)
  assert.ok((await api.authorize(request, { any: ['api:write', 'api:read'] })).allowed)
  const decision = await api.authorize(request, { all: ['api:read'], any: ['api:write', 'api:admin'] })
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 403)
  assert.equal(
    decision.headers['WWW-Authenticate'],
    `Bearer realm="${audience}", error="insufficient_scope", ` +
      'error_description="The access token was not granted the scope this needs.", scope="api:read api:write api:admin", ' +
      `resource_metadata="${audience}/.well-known/oauth-protected-resource"`,
  )
})

test('a log that fails later ends no process, whoever can make it fail', async (context) => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  context.after(() => process.off('unhandledRejection', note))
  const told: unknown[] = []
  const failing = async (what: unknown) => {
    told.push(what)
    throw new Error('the log is full')
  }
  const api = protect({ issuer: 'http://127.0.0.1:1', audience, onRefusal: failing, onTrouble: failing })
  const claims = Buffer.from('{"iss":"http://127.0.0.1:1"}').toString('base64url')
  const header = Buffer.from('{"alg":"ES256","typ":"at+jwt"}').toString('base64url')
  const decision = await api.authorize(apiRequest('/', `Bearer ${header}.${claims}.AAAA`), [])
  assert.equal(decision.allowed ? 200 : decision.status, 503)
  assert.equal(told.length, 2)
  await setImmediate()
  assert.deepEqual(unhandled, [])
})

test('options that no refusal could be written with are refused at once', () => {
  const given = [
    { realm: 7 },
    { resourceMetadata: new URL('https://api.test/') },
    { timeout: Number.NaN },
    { timeout: Number.POSITIVE_INFINITY },
  ]
  for (const options of given as object[]) {
    assert.throws(
      () => protect({ issuer: 'https://as.test', audience, ...options }),
      TypeError,
      JSON.stringify(options),
    )
  }
})

test('an option nobody knows is refused at the start: without it, verification could be another one than meant', () => {
  const good = { issuer: 'https://as.test', audience }
  const credentials = { clientId: 'rs', credential: 'secret' }
  for (const options of [
    { ...good, introspecton: credentials },
    { ...good, introspection: { ...credentials, maxAge: 1 } },
    { audience, issuer: { issuer: 'https://as.test', Introspection: credentials } },
    { audience, issuer: [{ issuer: 'https://as.test', introspection: { ...credentials, clientSecret: 'x' } }] },
  ]) {
    assert.throws(() => protect(options as never), /TypeError: protect.*there is no option/)
  }
  assert.ok(protect({ ...good, introspection: credentials }))
})
