import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { ExecutionContext } from '@nestjs/common'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { listen } from '../../../client/test/local-server.ts'
import { audience, localIssuer, start } from '../../test/local-issuer.ts'
import { protect } from '../protect.ts'
import * as forExpress from './express.ts'
import * as forFastify from './fastify.ts'
import * as forHono from './hono.ts'
import * as forNest from './nestjs.ts'
import * as forNode from './node-http.ts'

// What is special in one framework; what is the same in all of them stands in adapters.test.ts.

async function setUp(context: TestContext) {
  const issuer = await localIssuer(context)
  const options = { issuer: issuer.issuer, audience, realm: 'api-a', currentTime: () => start * 1_000 }
  return { ...issuer, options, api: protect(options), authorization: `Bearer ${await issuer.sign()}` }
}

test('Express: a guard of a whole router sees the URL as it was sent, and routes can ask for more', async (context) => {
  const { api, authorization } = await setUp(context)
  const app = express()
  const inner = express.Router()
  inner.get('/read', (_request, response) => void response.end('read'))
  inner.get('/write', forExpress.requireToken(api, ['api:write']), (_request, response) => void response.end('write'))
  const outer = express.Router()
  outer.use('/b', inner)
  app.use('/a', forExpress.requireToken(api, ['api:read']), outer)
  const url = await listen(context, app)
  const status = async (path: string, headers = { authorization }) => (await fetch(`${url}${path}`, { headers })).status
  assert.equal(await status('/a/b/read'), 200)
  assert.equal(await status('/a/b/read?access_token=x'), 400)
  assert.equal(await status('/a/b/write'), 403)
  assert.equal(await status('/a/b/nothing'), 404)
  assert.equal((await fetch(`${url}/a/b/nothing`)).status, 401)
})

test('tokenOf gives the token of its own API only, and a log of the request does not show it', async (context) => {
  const { api, options, authorization } = await setUp(context)
  const another = protect(options)
  const app = express()
  app.get('/', forExpress.requireToken(api, []), (request, response) => {
    assert.equal(forExpress.tokenOf(api, request), response.locals.token)
    assert.throws(() => forExpress.tokenOf(another, request), /not let in by requireToken of this API/)
    assert.doesNotMatch(inspect(request, { depth: 0 }), /clientId/)
    response.end('good')
  })
  const url = await listen(context, app)
  assert.equal(await (await fetch(url, { headers: { authorization } })).text(), 'good')
})

test('Fastify: a hook of a plugin protects its routes, also unknown ones, before the body is read', async (context) => {
  const { api, authorization } = await setUp(context)
  const app = fastify({ rewriteUrl: (request) => (request.url ?? '').split('?')[0] ?? '' })
  app.register(
    async (scope) => {
      scope.addHook('onRequest', forFastify.requireToken(api, ['api:read']))
      scope.setNotFoundHandler((_request, reply) => reply.code(404).send())
      scope.post('/read', async (request) => forFastify.tokenOf(api, request).clientId)
    },
    { prefix: '/a' },
  )
  app.post('/open', async (request) => forFastify.tokenOf(api, request).clientId)
  const ask = (url: string, headers: Record<string, string> = {}, payload = '{}') =>
    app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload })
  assert.equal((await ask('/a/read', { authorization })).body, 'cb')
  assert.equal((await ask('/a/read', { authorization }, '{')).statusCode, 400)
  assert.equal((await ask('/a/read', {}, '{')).statusCode, 401)
  assert.equal((await ask('/a/nothing')).statusCode, 401)
  assert.equal((await ask('/a/nothing', { authorization })).statusCode, 404)
  assert.equal(
    (await ask('/a/read?access_token=x', { authorization })).statusCode,
    400,
    'the URL before it is rewritten',
  )
  assert.equal((await ask('/open', { authorization })).statusCode, 500, 'a route that nothing protects fails')
  await app.close()
})

test('HTTP/2: the adapters for Node take its requests too', async (context) => {
  const { api, authorization } = await setUp(context)
  const app = fastify({ http2: true, forceCloseConnections: true })
  app.get('/', { onRequest: forFastify.requireToken(api, ['api:read']) }, async () => 'good')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  context.after(async () => {
    session.destroy()
    await app.close()
  })
  const status = async (headers: IncomingHttpHeaders) => {
    const [answer] = (await once(session.request({ ':path': '/', ...headers }), 'response')) as [IncomingHttpHeaders]
    return (answer as { ':status'?: number })[':status']
  }
  assert.equal(await status({}), 401)
  assert.equal(await status({ authorization }), 200)
})

test('Hono: requests that never were on a socket are decided alike, and a mounted app keeps its protection', async (context) => {
  const { api, authorization } = await setUp(context)
  const inner = new Hono().get('/read', forHono.requireToken(api, ['api:read']), (c) => c.text(c.var.token.clientId))
  const app = new Hono().mount('/m', inner.fetch).route('/r', inner)
  for (const path of ['/m/read', '/r/read']) {
    assert.equal((await app.request(path)).status, 401)
    assert.equal(await (await app.request(path, { headers: { authorization } })).text(), 'cb')
    assert.equal((await app.request(`${path}?access_token=x`, { headers: { authorization } })).status, 400)
  }
})

test('CORS: what answers preflights stands before requireToken, and opens nothing', async (context) => {
  const { api, authorization } = await setUp(context)
  const origin = 'https://site.test'
  const hono = new Hono()
  hono.use(cors({ origin, allowHeaders: ['Authorization'], exposeHeaders: ['WWW-Authenticate'] }))
  hono.use(forHono.requireToken(api, ['api:read']))
  hono.get('/read', (c) => c.text('read')).options('/read', (c) => c.text('an own answer to OPTIONS'))

  const app = express()
  app.use((request, response, next) => {
    response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'WWW-Authenticate' })
    if (request.method !== 'OPTIONS' || !request.get('Access-Control-Request-Method')) return next()
    return response.set('Access-Control-Allow-Headers', 'Authorization').status(204).end()
  })
  app.use(forExpress.requireToken(api, ['api:read']))
  app.get('/read', (_request, response) => void response.end('read'))
  const url = await listen(context, app)

  const asks = [
    (init: RequestInit) => hono.request('/read', init),
    (init: RequestInit) => fetch(`${url}/read`, init),
  ] as const
  for (const ask of asks) {
    const preflight = await ask({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'Authorization')
    assert.equal(await preflight.text(), '')
    const refused = await ask({ headers: { origin } })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('access-control-allow-origin'), origin)
    assert.equal(refused.headers.get('access-control-expose-headers'), 'WWW-Authenticate')
    assert.equal(await (await ask({ headers: { origin, authorization } })).text(), 'read')
  }
  assert.equal((await fetch(`${url}/read`, { method: 'OPTIONS' })).status, 401, 'an OPTIONS that is no preflight')
})

test('NestJS: what is not HTTP is refused with an error', async (context) => {
  const { api } = await setUp(context)
  const guard = forNest.requireToken(api, [])
  const other = { getType: () => 'rpc' } as unknown as ExecutionContext
  await assert.rejects(async () => guard.canActivate(other), /protects HTTP, not rpc/)
})

test('a request that something else answered while it was decided is not answered again, and nothing is thrown', async (context) => {
  const { api } = await setUp(context)
  const guard = forNode.requireToken(api, [], () => assert.fail('the handler ran'))
  const outcomes: Promise<void>[] = []
  const url = await listen(context, (request, response) => {
    const outcome = guard(request, response)
    response.writeHead(504).end('too late')
    outcomes.push(outcome)
    outcome.catch(() => undefined)
  })
  const answer = await fetch(url)
  assert.equal(answer.status, 504)
  assert.equal(await answer.text(), 'too late')
  assert.deepEqual(await Promise.all(outcomes), [undefined])
})
