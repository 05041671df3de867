import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { readBody } from '../../../client/test/local-server.ts'
import type { AdapterRoute } from '../../test/adapter-route.ts'
import { adapterServers } from '../../test/adapter-servers.ts'
import { audience, localIssuer, start } from '../../test/local-issuer.ts'
import { type ProtectedApi, type ProtectOptions, protect } from '../protect.ts'
import type { Requirement } from '../requirement.ts'
import * as expressAdapter from './express.ts'
import * as fastifyAdapter from './fastify.ts'
import * as fetchAdapter from './fetch.ts'
import * as honoAdapter from './hono.ts'
import * as koaAdapter from './koa.ts'
import * as nestAdapter from './nestjs.ts'
import * as nodeAdapter from './node-http.ts'

// One list of asks over every adapter: what one answers, all answer.

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

interface Ask {
  readonly method?: string
  /** Every Authorization line. */
  readonly lines?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What belongs to the connection or the framework and not to the decision. */
const ofTheFramework = ['connection', 'content-length', 'date', 'etag', 'keep-alive', 'transfer-encoding']

async function send(url: string, { method = 'GET', lines = [], headers = {}, body }: Ask): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, resolve).on('error', reject)
    if (lines.length > 0) request.setHeader('authorization', lines)
    request.end(body)
  })
  const kept = Object.entries(response.headers).filter(([name]) => !ofTheFramework.includes(name))
  // Nest answers through its platform, which names the charset.
  const shown = kept.map(([name, value]) => [name, String(value).replace('; charset=utf-8', '')])
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(shown),
    body: await readBody(response),
  }
}

/** The fixture of the cases, and what else routers can do. */
const routes: readonly AdapterRoute[] = [
  { path: '/read', requirement: ['api:read'] },
  { path: '/write', requirement: ['api:write'] },
  { path: '/write', method: 'POST', requirement: ['api:write'] },
  { path: '/both', requirement: ['api:read', 'api:write'] },
  { path: '/either', requirement: { any: ['api:read', 'api:write'] } },
  { path: '/mixed', requirement: { all: ['api:read'], any: ['a', 'b'] } },
  { path: '/token', requirement: [] },
  { path: '/items/:id', requirement: ['api:read'] },
  { path: '/files/*', requirement: ['api:read'] },
  { path: '/read', under: '/v1', requirement: ['api:read'] },
  { path: '/items/:id', under: '/v1', requirement: ['api:write'] },
  { path: '/options', method: 'OPTIONS', requirement: ['api:read'] },
  {
    path: '/fails',
    requirement: ['api:read'],
    handled: () => {
      throw new Error('the handler')
    },
  },
]

/** Asks every adapter the same; their answers must be one. */
async function setUp(context: TestContext, more: Partial<ProtectOptions> = {}) {
  const issuer = await localIssuer(context)
  const api = protect({
    issuer: issuer.issuer,
    audience,
    realm: 'api-a',
    metadata: { resource: `${audience}/v1`, scopes: ['api:read', 'api:write'], name: 'API »A«' },
    currentTime: () => start * 1_000,
    ...more,
  } as ProtectOptions)
  const runs: string[] = []
  const noted = routes.map((route) => ({
    ...route,
    handled: (token: Parameters<NonNullable<AdapterRoute['handled']>>[0]) => {
      runs.push(`${route.under ?? ''}${route.path}`)
      route.handled?.(token)
    },
  }))
  const servers = await startAll(context, api, noted)
  const ask = async (path: string, asked: Ask = {}): Promise<Answer & { readonly ran: boolean }> => {
    const answers = new Map<string, Answer>()
    runs.length = 0
    for (const [name, url] of servers) answers.set(name, await send(`${url}${path}`, asked))
    const [first, ...others] = answers
    if (first === undefined) throw new Error('there is no adapter')
    for (const [name, answer] of others) assert.deepEqual(answer, first[1], `${name} and ${first[0]} at ${path}`)
    assert.ok(runs.length === 0 || runs.length === servers.size, `${runs.length} handlers ran`)
    return { ...first[1], ran: runs.length > 0 }
  }
  return { ...issuer, ask, api, servers }
}

async function startAll(context: TestContext, api: ProtectedApi, served: readonly AdapterRoute[]) {
  const servers = new Map<string, string>()
  for (const { name, start } of adapterServers) {
    const { url, close } = await start(api, served)
    context.after(close)
    servers.set(name, url)
  }
  return servers
}

const where = `resource_metadata="${audience}/.well-known/oauth-protected-resource/v1"`
const challenge = (rest: string) => `Bearer realm="api-a", ${rest === '' ? '' : `${rest}, `}${where}`
const bearer = (token: string): Ask => ({ lines: [`Bearer ${token}`] })

test('SEC-233: the handler runs with the token', async (context) => {
  const { ask, sign, issuer } = await setUp(context)
  const answer = await ask('/read', bearer(await sign()))
  assert.equal(answer.status, 200)
  assert.ok(answer.ran)
  assert.deepEqual(answer.headers, { 'content-type': 'application/json' })
  assert.deepEqual(JSON.parse(answer.body), {
    issuer,
    audience,
    clientId: 'cb',
    subject: 'cb',
    scopes: ['api:read'],
    expiresAt: start + 300,
  })
})

test('SEC-234: without a token there is a challenge that names no error, and no handler runs', async (context) => {
  const { ask } = await setUp(context)
  for (const lines of [[], ['Basic YTpi'], ['BearerT'], ['Digest username="a", realm="b"']]) {
    assert.deepEqual(await ask('/read', { lines }), {
      status: 401,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'www-authenticate': challenge('') },
      body: '{"error":"unauthorized"}',
      ran: false,
    })
  }
})

test('SEC-235: a bad token is 401 and nobody is told why', async (context) => {
  const { ask, sign } = await setUp(context)
  const bad = [
    await sign({ exp: start - 60 }),
    await sign({ aud: 'https://api-b.test' }),
    await sign({ iss: 'https://as.test' }),
    await sign({}, { typ: 'JWT' }),
    `${(await sign()).slice(0, -4)}AAAA`,
    'nonsense',
  ]
  for (const token of bad) {
    const answer = await ask('/read', bearer(token))
    assert.deepEqual(
      [answer.status, answer.headers['www-authenticate'], answer.ran],
      [401, challenge('error="invalid_token", error_description="The access token is not valid."'), false],
    )
    assert.ok(!answer.body.includes(token))
  }
})

test('SEC-236: a missing scope is 403 and named', async (context) => {
  const { ask, sign } = await setUp(context)
  const needs = (scope: string) =>
    challenge(
      'error="insufficient_scope", ' +
        `error_description="The access token was not granted the scope this needs.", scope="${scope}"`,
    )
  const answer = await ask('/write', bearer(await sign()))
  assert.deepEqual([answer.status, answer.headers['www-authenticate'], answer.ran], [403, needs('api:write'), false])
  assert.equal(JSON.parse(answer.body).error, 'insufficient_scope')
  assert.equal((await ask('/write', bearer(await sign({ scope: undefined })))).status, 403)
  assert.equal((await ask('/write', bearer(await sign({ scope: 'api:write2 xapi:write' })))).status, 403)
  assert.equal((await ask('/write', bearer(await sign({ scope: 'a api:write' })))).status, 200)
})

test('a route needs all of its scopes, or any of them, or both', async (context) => {
  const { ask, sign } = await setUp(context)
  const cases: readonly [string, string | undefined, number][] = [
    ['/both', 'api:read', 403],
    ['/both', 'api:write', 403],
    ['/both', 'api:read api:write', 200],
    ['/either', 'api:read', 200],
    ['/either', 'api:write', 200],
    ['/either', 'api:other', 403],
    ['/mixed', 'api:read', 403],
    ['/mixed', 'a b', 403],
    ['/mixed', 'api:read b', 200],
    ['/token', undefined, 200],
  ]
  for (const [path, scope, status] of cases) {
    const answer = await ask(path, bearer(await sign({ scope })))
    assert.deepEqual([answer.status, answer.ran], [status, status === 200], `${path} with ${scope}`)
  }
})

test('SEC-237: a token in the query or the body never counts, and two are one too many', async (context) => {
  const { ask, sign } = await setUp(context)
  const token = await sign({ scope: 'api:read api:write' })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal((await ask(`/read?access_token=${token}`)).status, 401)
  assert.equal((await ask('/write', { method: 'POST', headers: form, body: `access_token=${token}` })).status, 401)
  for (const path of ['/read', '/v1/read', '/items/1', '/files/a/b']) {
    for (const query of [`access_token=${token}`, 'a=b&access_token=', 'access%5Ftoken=x']) {
      const answer = await ask(`${path}?${query}`, bearer(token))
      assert.deepEqual([answer.status, answer.ran], [400, false], `${path}?${query}`)
      assert.match(String(answer.headers['www-authenticate']), /error="invalid_request"/)
      assert.ok(!answer.body.includes(token))
    }
    assert.equal((await ask(`${path}?not_access_token=x`, bearer(token))).status, 200)
  }
})

test('SEC-238: the scheme is case-insensitive and the rest strict', async (context) => {
  const { ask, sign } = await setUp(context)
  const token = await sign()
  for (const scheme of ['bearer', 'BEARER']) {
    assert.equal((await ask('/read', { lines: [`${scheme} ${token}`] })).status, 200)
  }
  const malformed = [`Bearer  ${token}`, `Bearer ${token} x`, `Bearer${token}`, `Bearer\t${token}`, 'Bearer']
  for (const line of malformed) {
    const { status, headers, ran } = await ask('/read', { lines: [line] })
    assert.ok(status === 400 || status === 401, `${line} ${status}`)
    assert.match(String(headers['www-authenticate']), /^Bearer realm="api-a"/)
    assert.equal(ran, false)
  }
})

test('SEC-238: of two Authorization lines none is chosen, also when they come joined', async (context) => {
  const { ask, sign } = await setUp(context)
  const token = await sign()
  const twice = [
    [`Bearer ${token}`, `Bearer ${token}`],
    [`Bearer ${token}`, 'Bearer x'],
    ['Bearer x', `Bearer ${token}`],
    [`Bearer ${token}`, 'Basic YTpi'],
    ['Basic YTpi', `Bearer ${token}`],
    ['Basic YTpi', 'Basic YTpi'],
    [`Bearer ${token}`, 'x'],
  ]
  for (const lines of [...twice, ...twice.map((two) => [two.join(', ')])]) {
    const { status, headers, body, ran } = await ask('/read', { lines })
    assert.deepEqual(
      [status, headers['www-authenticate'], ran],
      [
        400,
        challenge('error="invalid_request", error_description="The request has more than one access token."'),
        false,
      ],
    )
    assert.ok(!body.includes(token))
  }
})

test('routes under a prefix, with parameters and with a wildcard keep what they need', async (context) => {
  const { ask, sign } = await setUp(context)
  const token = await sign()
  const cases: readonly [string, number][] = [
    ['/v1/read', 200],
    ['/v1/items/7', 403],
    ['/items/7', 200],
    ['/items/a%2Fb', 200],
    ['/files/a', 200],
    ['/files/a/b/c.txt?x=y', 200],
  ]
  for (const [path, status] of cases) {
    assert.equal((await ask(path, bearer(token))).status, status, path)
    const refused = await ask(path)
    assert.deepEqual([refused.status, refused.headers['www-authenticate'], refused.ran], [401, challenge(''), false])
  }
})

test('HEAD and OPTIONS need a token like any method', async (context) => {
  const { ask, sign } = await setUp(context)
  const token = await sign()
  for (const [method, path] of [
    ['HEAD', '/read'],
    ['OPTIONS', '/options'],
  ] as const) {
    const preflight = { origin: 'https://site.test', 'access-control-request-method': 'GET' }
    const refused = await ask(path, { method, headers: preflight })
    assert.deepEqual([refused.status, refused.headers['www-authenticate'], refused.ran], [401, challenge(''), false])
    const wrong = await ask(path, { method, ...bearer(await sign({ scope: 'api:other' })) })
    assert.deepEqual([wrong.status, wrong.ran], [403, false])
    const answer = await ask(path, { method, ...bearer(token) })
    assert.deepEqual([answer.status, answer.ran], [200, true])
  }
})

test('an error of the handler reaches the error handler of the framework', async (context) => {
  const { ask, sign } = await setUp(context)
  const answer = await ask('/fails', bearer(await sign()))
  assert.deepEqual([answer.status, answer.body, answer.ran], [500, '{"failed":"the handler"}', true])
  assert.equal((await ask('/fails')).status, 401)
})

test('a decision that fails opens no route: it is an error of the framework', async (context) => {
  const { api, sign } = await setUp(context)
  const broken: ProtectedApi = { ...api, authorize: () => Promise.reject(new Error('no decision')) }
  let ran = false
  const handled = () => {
    ran = true
  }
  for (const [name, url] of await startAll(context, broken, [{ path: '/read', requirement: [], handled }])) {
    const { status, body } = await send(`${url}/read`, bearer(await sign()))
    assert.deepEqual([status, body], [500, '{"failed":"no decision"}'], name)
  }
  assert.equal(ran, false)
})

test('SEC-251: when nothing can be decided the answer is 503 without a challenge, and no handler runs', async (context) => {
  const { ask, sign, state } = await setUp(context)
  state.down = true
  const answer = await ask('/read', bearer(await sign()))
  assert.equal(answer.status, 503)
  assert.ok(Number(answer.headers['retry-after']) > 0)
  assert.equal(answer.headers['www-authenticate'], undefined)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.ran, false)
})

test('RFC 9728: the metadata is served to anybody, by GET and HEAD only, at its path only', async (context) => {
  const { ask, api, issuer } = await setUp(context)
  const path = '/.well-known/oauth-protected-resource/v1'
  assert.equal(api.metadata?.url, `${audience}${path}`)
  for (const target of [path, `${path}?a=b`]) {
    const answer = await ask(target)
    assert.deepEqual(
      [answer.status, answer.headers['content-type'], answer.headers['access-control-allow-origin']],
      [200, 'application/json', '*'],
    )
    assert.deepEqual(JSON.parse(answer.body), {
      resource: `${audience}/v1`,
      authorization_servers: [issuer],
      scopes_supported: ['api:read', 'api:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'API »A«',
    })
    const head = await ask(target, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers, head.body], [200, answer.headers, ''])
  }
})

test('RFC 9728: what is not the metadata is left to the framework', async (context) => {
  const { api, servers } = await setUp(context)
  const path = api.metadata?.path ?? ''
  for (const [name, url] of servers) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status } = await send(`${url}${path}`, { method })
      assert.ok(status === 404 || status === 405, `${name} ${method} ${status}`)
    }
    for (const other of [`${path}/`, `${path}x`, '/.well-known/oauth-protected-resource', `/v1${path}`]) {
      assert.equal((await send(`${url}${other}`, {})).status, 404, `${name} ${other}`)
    }
  }
})

test('without the option metadata there is none: challenges do not name it and it cannot be served', async (context) => {
  const { ask, api } = await setUp(context, { metadata: undefined })
  assert.equal((await ask('/read')).headers['www-authenticate'], 'Bearer realm="api-a"')
  for (const { serveMetadata } of [
    expressAdapter,
    fastifyAdapter,
    fetchAdapter,
    honoAdapter,
    koaAdapter,
    nodeAdapter,
  ]) {
    assert.throws(() => serveMetadata(api), /protect has no option metadata/)
  }
})

test('a requirement that is none is an error at the start, not an open route', async (context) => {
  const { api } = await setUp(context)
  const named = ['api:read', undefined, null, {}, { scopes: ['a'] }, { all: 'a' }, { any: [1] }, [''], ['a b'], 7]
  const mistakes = [...named, new Array(1), { all: new Array(2) }]
  const adapters = [expressAdapter, fastifyAdapter, honoAdapter, koaAdapter, nestAdapter]
  for (const mistake of mistakes as Requirement[]) {
    for (const { requireToken } of adapters) assert.throws(() => requireToken(api, mistake), TypeError)
    assert.throws(() => fetchAdapter.requireToken(api, mistake, () => new Response()), TypeError)
    assert.throws(() => nodeAdapter.requireToken(api, mistake, () => undefined), TypeError)
  }
})
