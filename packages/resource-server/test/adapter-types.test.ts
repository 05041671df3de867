import assert from 'node:assert/strict'
import { test } from 'node:test'
import Router from '@koa/router'
import { protect, type Requirement, type VerifiedToken } from '@mintmark/resource-server'
import * as forExpress from '@mintmark/resource-server/express'
import * as forFastify from '@mintmark/resource-server/fastify'
import * as forFetch from '@mintmark/resource-server/fetch'
import * as forHono from '@mintmark/resource-server/hono'
import * as forKoa from '@mintmark/resource-server/koa'
import * as forNest from '@mintmark/resource-server/nestjs'
import * as forNode from '@mintmark/resource-server/node-http'
import { UseGuards } from '@nestjs/common'
import express from 'express'
import fastify, { type FastifyTypeProvider } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'

// What compiles here and what must not: each expected error that does not come fails `npm run check`. The handlers are
// registered, which is all that happens when the tests run.

interface Team {
  readonly team: string
}

const api = protect({
  issuer: 'https://as.test',
  audience: 'https://api-a.test',
  claims: (claims): Team => ({ team: String(claims.team) }),
  metadata: true,
})

interface TextTypes extends FastifyTypeProvider {
  readonly validator: string
  readonly serializer: string
}

/** Accepts exactly the claims of this API: with `any` in place of them the expected errors below would be missing. */
const teamOf = (token: VerifiedToken<Team>): string => token.claims.team

test('Express: handlers of the route see the token and the parameters, typed', () => {
  const app = express()
  app.use(forExpress.serveMetadata(api))
  app.get('/items/:id', forExpress.requireToken(api, ['read']), (request, response) => {
    const id: string = request.params.id
    // @ts-expect-error: the route has no such parameter
    request.params.name
    // @ts-expect-error: the claims have no such member
    response.locals.token.claims.department
    // @ts-expect-error: a string
    const team: number = response.locals.token.claims.team
    response.json({ id, team, same: teamOf(response.locals.token) })
  })
  const router = express.Router()
  router.use(forExpress.requireToken(api, { all: ['read'], any: ['a', 'b'] }))
  router.post('/items', (request, response: express.Response<unknown, forExpress.TokenLocals<Team>>) => {
    response.json([teamOf(response.locals.token), teamOf(forExpress.tokenOf(api, request))])
  })
  app.use('/v1', forExpress.requireToken(api, []), express.json(), router)
  assert.equal(typeof app, 'function')
})

test('Koa: middleware after it sees the token, typed', () => {
  const app = new Koa()
  app.use(forKoa.serveMetadata(api))
  app.use(forKoa.requireToken(api, ['read'])).use((context) => {
    // @ts-expect-error: a string
    const team: number = context.state.token.claims.team
    context.body = [team, teamOf(context.state.token), teamOf(forKoa.tokenOf(api, context))]
  })
  const router = new Router()
  router.get('/items/:id', forKoa.requireToken(api, ['read']), (context) => {
    // @ts-expect-error: the claims have no such member
    context.state.token.claims.department
    context.body = [context.params.id, teamOf(context.state.token)]
  })
  assert.equal(typeof app.use(router.routes()).callback(), 'function')
})

test('Hono: handlers of the route see the token and the parameters, typed, and others do not', () => {
  const app = new Hono()
  app.use(forHono.serveMetadata(api))
  app.get('/items/:id', forHono.requireToken(api, ['read']), (context) => {
    const id: string = context.req.param('id')
    // @ts-expect-error: a string
    const team: number = context.var.token.claims.team
    return context.json({ id, team, same: teamOf(context.var.token), again: teamOf(forHono.tokenOf(api, context)) })
  })
  app.get('/open', (context) => {
    // @ts-expect-error: nothing protects this route
    return context.text(context.var.token.clientId)
  })
  assert.equal(app.routes.length, 4)
})

test('Fastify: tokenOf gives the token, typed, and the route keeps its own types', () => {
  const app = fastify()
  app.register(forFastify.serveMetadata(api))
  app.addHook('onRequest', forFastify.requireToken(api, []))
  app.get<{ Params: { id: string } }>(
    '/items/:id',
    { onRequest: forFastify.requireToken(api, ['read']) },
    async (request) => {
      // @ts-expect-error: a string
      const team: number = forFastify.tokenOf(api, request).claims.team
      return { id: request.params.id, team, same: teamOf(forFastify.tokenOf(api, request)) }
    },
  )
  const loggerInstance = Object.assign(app.log, { shout: () => undefined })
  const other = fastify({ http2: true, loggerInstance }).withTypeProvider<TextTypes>()
  other.register(forFastify.serveMetadata(api))
  other.get('/', { onRequest: [forFastify.requireToken(api, [])] }, async () => 'good')
  assert.deepEqual([typeof app.server, typeof other.server], ['object', 'object'])
})

test('NestJS: the guard is one, and the decorator is for parameters', () => {
  const Token = forNest.tokenDecorator(api)
  assert.equal(typeof UseGuards(forNest.requireToken(api, ['read'])), 'function')
  // @ts-expect-error: it is a decorator of parameters, not of methods
  const method: MethodDecorator = Token()
  assert.equal(typeof method, 'function')
})

test('fetch and node:http: the handler is given the token and what else the platform gives', () => {
  const worker: (request: Request, env: { name: string }) => Promise<Response> = forFetch.requireToken(
    api,
    ['read'],
    (_request, token, env: { name: string }) => new Response(teamOf(token) + env.name),
  )
  // @ts-expect-error: this handler is given no environment
  const wrong: (request: Request) => Promise<Response> = worker
  const listener = forNode.requireToken(api, ['read'], (_request, response, token) => {
    // @ts-expect-error: the claims have no such member
    token.claims.department
    response.end(teamOf(token))
  })
  assert.deepEqual([typeof wrong, typeof listener], ['function', 'function'])
})

test('a requirement is lists of scopes', () => {
  const good: readonly Requirement[] = [[], ['a'], { all: ['a'] }, { any: ['a'] }, { all: ['a'], any: ['b', 'c'] }]
  for (const requirement of good) forExpress.requireToken(api, requirement)
  // @ts-expect-error: a string is no list
  assert.throws(() => forExpress.requireToken(api, 'read'), TypeError)
  // @ts-expect-error: no such kind
  assert.throws(() => forExpress.requireToken(api, { some: ['read'] }), TypeError)
  // @ts-expect-error: one is needed
  assert.throws(() => forExpress.requireToken(api), TypeError)
})

test('tokenOf fails on a request that nothing let in', () => {
  assert.throws(() => forExpress.tokenOf(api, {}), /not let in by requireToken of this API/)
})
