import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { OAuthError } from '@mintmark/protocol'
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'
import { apiRequest, audience, localIssuer, start } from '../test/local-issuer.ts'
import { type ProtectOptions, protect } from './protect.ts'
import { undecidable } from './refusals.ts'

interface Tenant {
  readonly tenant: string
}

async function setUp<Claims>(context: TestContext, claims: ProtectOptions<Claims>['claims']) {
  const issuer = await localIssuer(context)
  const refusals: OAuthError[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    claims,
    currentTime: () => start * 1_000,
    onRefusal: (error) => refusals.push(error),
  })
  const ask = (token: string) => api.authorize(apiRequest('/read', `Bearer ${token}`), ['api:read'])
  return { ...issuer, api, ask, refusals }
}

const readTenant = (claims: Readonly<Record<string, unknown>>): Tenant => {
  if (typeof claims.tenant !== 'string') throw new TypeError('no tenant')
  return { tenant: claims.tenant }
}

// What each of these makes of the claims has the type of a tenant: the test does not compile otherwise.
const readers: Readonly<Record<string, ProtectOptions<Tenant>['claims']>> = {
  'a function': readTenant,
  'an asynchronous function': async (claims) => readTenant(claims),
  zod: z.object({ tenant: z.string() }),
  'zod, asynchronous': z.object({ tenant: z.string().refine(async (tenant) => tenant !== 'x') }),
  valibot: v.object({ tenant: v.string() }),
  arktype: type({ tenant: 'string', '+': 'delete' }),
}

test('claims are what a function or a schema makes of them', async (context) => {
  for (const [name, claims] of Object.entries(readers)) {
    const { ask, sign, refusals } = await setUp(context, claims)
    const decision = await ask(await sign({ tenant: 'acme' }))
    assert.ok(decision.allowed, name)
    assert.deepEqual({ ...decision.token.claims }, { tenant: 'acme' }, name)
    assert.equal(decision.token.clientId, 'cb')

    const refused = await ask(await sign({ tenant: 7 }))
    assert.ok(!refused.allowed, name)
    assert.equal(refused.status, 401)
    assert.equal(
      refused.headers['WWW-Authenticate'],
      `Bearer realm="${audience}", error="invalid_token", error_description="The access token is not valid."`,
    )
    const [refusal] = refusals
    assert.equal(refusal?.check, 'claims')
    if (!name.includes('function')) assert.match(refusal?.received ?? '', /tenant/, name)
  }
})

test('the type of the claims is inferred', async (context) => {
  const issuer = await localIssuer(context)
  const options = { issuer: issuer.issuer, audience, currentTime: () => start * 1_000 }
  const request = apiRequest('/', `Bearer ${await issuer.sign({ tenant: 'acme' })}`)
  const tenants: string[] = []
  const byFunction = await protect({ ...options, claims: readTenant }).authorize(request, [])
  if (byFunction.allowed) tenants.push(byFunction.token.claims.tenant)
  const byZod = await protect({ ...options, claims: z.object({ tenant: z.string() }) }).authorize(request, [])
  if (byZod.allowed) tenants.push(byZod.token.claims.tenant)
  const byValibot = await protect({ ...options, claims: v.object({ tenant: v.string() }) }).authorize(request, [])
  if (byValibot.allowed) tenants.push(byValibot.token.claims.tenant)
  const arkSchema = type({ tenant: 'string' })
  const byArktype = await protect<typeof arkSchema.infer>({ ...options, claims: arkSchema }).authorize(request, [])
  if (byArktype.allowed) tenants.push(byArktype.token.claims.tenant)
  const untyped = await protect(options).authorize(request, [])
  // @ts-expect-error a claim is unknown until something has read it
  if (untyped.allowed) tenants.push(untyped.token.claims.tenant)
  assert.deepEqual(tenants, ['acme', 'acme', 'acme', 'acme', 'acme'])
})

test('a reader that breaks refuses, and one that cannot decide says so', async (context) => {
  const broken: [ProtectOptions<unknown>['claims'], number, string][] = [
    [() => assert.fail('broken'), 401, 'claims'],
    [() => Promise.reject(new Error('broken')), 401, 'claims'],
    [{ '~standard': { version: 1, vendor: 'x', validate: () => assert.fail('broken') } }, 401, 'claims'],
    [{ '~standard': { version: 1, vendor: 'x', validate: () => ({ issues: [] }) } }, 401, 'claims'],
    [() => Promise.reject(undecidable('tenants-unavailable')), 503, 'tenants-unavailable'],
  ]
  for (const [claims, status, check] of broken) {
    const { ask, sign, refusals } = await setUp(context, claims)
    const decision = await ask(await sign())
    assert.equal(decision.allowed ? 200 : decision.status, status)
    assert.equal(refusals[0]?.check, check)
  }
})

test('claims are read once for a token, after it was found good, and again for the next', async (context) => {
  const seen: unknown[] = []
  const { ask, sign } = await setUp(context, (claims) => {
    seen.push(claims.jti)
    return claims
  })
  const token = await sign({ jti: 'one' })
  for (let count = 0; count < 3; count += 1) assert.ok((await ask(token)).allowed)
  assert.ok((await ask(await sign({ jti: 'two' }))).allowed)
  assert.ok(!(await ask(await sign({ jti: 'three', exp: start - 60 }))).allowed)
  assert.ok(!(await ask(await sign({ jti: 'four', aud: 'https://other.test' }))).allowed)
  assert.deepEqual(seen, ['one', 'two'])
})

test('what introspection says is read in the same way', async (context) => {
  const issuer = await localIssuer(context)
  const api = protect({
    issuer: issuer.issuer,
    audience,
    introspection: { clientId: 'rs', credential: 'secret' },
    claims: readTenant,
    currentTime: () => start * 1_000,
  })
  const answer = { active: true, ...issuer.claims() }
  issuer.state.introspect = (_, count) => ({ body: { ...answer, ...(count === 1 && { tenant: 'acme' }) } })
  const first = await api.authorize(apiRequest('/', 'Bearer one'), [])
  assert.ok(first.allowed && first.token.claims.tenant === 'acme')
  const second = await api.authorize(apiRequest('/', 'Bearer two'), [])
  assert.equal(second.allowed ? 200 : second.status, 401)
})

test('what can read no claims is refused at once', () => {
  for (const claims of ['tenant', {}, { parse: () => ({}) }, 7, null]) {
    const options = { issuer: 'https://as.test', audience, claims: claims as unknown as ProtectOptions['claims'] }
    assert.throws(() => protect(options), TypeError, String(claims))
  }
})
