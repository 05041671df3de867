import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import Router from '@koa/router'
import * as expressAdapter from '@mintmark/resource-server/express'
import * as fastifyAdapter from '@mintmark/resource-server/fastify'
import * as fetchAdapter from '@mintmark/resource-server/fetch'
import * as honoAdapter from '@mintmark/resource-server/hono'
import * as koaAdapter from '@mintmark/resource-server/koa'
import * as nodeAdapter from '@mintmark/resource-server/node-http'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import {
  type AdapterRoute,
  type AdapterServer,
  answerOf,
  byPrefix,
  failureOf,
  namedWildcard,
  type RunningServer,
} from './adapter-route.ts'
import { startNest } from './nest-server.ts'

const methodOf = ({ method = 'GET' }: AdapterRoute) => method
const json = { 'Content-Type': 'application/json' }

/** For what has no router of its own. */
function findRoute(routes: readonly AdapterRoute[], method: string, path: string): AdapterRoute | undefined {
  const asked = method === 'HEAD' ? 'GET' : method
  return routes.find((route) => {
    const pattern = `${route.under ?? ''}${route.path}`.replace(/:\w+/g, '[^/]+').replace(/\*$/, '.*')
    return methodOf(route) === asked && new RegExp(`^${pattern}$`).test(path)
  })
}

async function running(server: Server): Promise<RunningServer> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const nodeHttp: AdapterServer['start'] = (api, routes) => {
  const { requireToken, serveMetadata } = nodeAdapter
  const listeners = new Map(
    routes.map((route) => [
      route,
      requireToken(api, route.requirement, (_, response, token) => {
        const body = JSON.stringify(answerOf(route, token))
        response.writeHead(200, json).end(body)
      }),
    ]),
  )
  const metadata = api.metadata && serveMetadata(api)
  const listener: RequestListener = (request, response) => {
    if (metadata?.(request, response)) return
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const route = findRoute(routes, request.method ?? '', pathname)
    const handle = route && listeners.get(route)
    if (handle === undefined) response.writeHead(404).end()
    else handle(request, response).catch((error) => response.writeHead(500, json).end(JSON.stringify(failureOf(error))))
  }
  return running(createServer(listener))
}

const webFetch: AdapterServer['start'] = (api, routes) => {
  const { requireToken, serveMetadata } = fetchAdapter
  const handlers = new Map(
    routes.map((route) => [
      route,
      requireToken(api, route.requirement, (_: Request, token) => Response.json(answerOf(route, token))),
    ]),
  )
  const metadata = api.metadata && serveMetadata(api)
  const handle = async (request: Request) => {
    const answer = metadata?.(request)
    if (answer !== undefined) return answer
    const route = findRoute(routes, request.method, new URL(request.url).pathname)
    const handler = route && handlers.get(route)
    return (await handler?.(request)) ?? new Response(undefined, { status: 404 })
  }
  const fetch = (request: Request) => handle(request).catch((error) => Response.json(failureOf(error), { status: 500 }))
  return running(createAdaptorServer({ fetch }) as Server)
}

const expressServer: AdapterServer['start'] = (api, routes) => {
  const { requireToken, serveMetadata } = expressAdapter
  const app = express().disable('x-powered-by')
  if (api.metadata) app.use(serveMetadata(api))
  for (const [prefix, ofPrefix] of byPrefix(routes)) {
    const router = express.Router()
    for (const route of ofPrefix) {
      const path = router.route(namedWildcard(route.path))
      const method = methodOf(route).toLowerCase() as 'get'
      path[method](requireToken(api, route.requirement), (_request, response) => {
        response.json(answerOf(route, response.locals.token))
      })
    }
    app.use(prefix || '/', router)
  }
  const onError: express.ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json(failureOf(error))
  }
  return running(createServer(app.use(onError)))
}

const koaServer: AdapterServer['start'] = (api, routes) => {
  const { requireToken, serveMetadata } = koaAdapter
  const app = new Koa()
  app.use(async (context, next) => {
    await next().catch((error: unknown) => {
      context.status = 500
      context.body = failureOf(error)
    })
  })
  if (api.metadata) app.use(serveMetadata(api))
  for (const [prefix, ofPrefix] of byPrefix(routes)) {
    const router = new Router({ prefix })
    for (const route of ofPrefix) {
      const methods = methodOf(route) === 'GET' ? ['GET', 'HEAD'] : [methodOf(route)]
      router.register(namedWildcard(route.path), methods, [
        requireToken(api, route.requirement),
        (context) => {
          context.body = answerOf(route, context.state.token)
        },
      ])
    }
    app.use(router.routes())
  }
  return running(createServer(app.callback()))
}

const honoServer: AdapterServer['start'] = (api, routes) => {
  const { requireToken, serveMetadata } = honoAdapter
  const app = new Hono()
  if (api.metadata) app.use(serveMetadata(api))
  for (const [prefix, ofPrefix] of byPrefix(routes)) {
    const router = new Hono()
    for (const route of ofPrefix) {
      router.on(methodOf(route), route.path, requireToken(api, route.requirement), (context) =>
        context.json(answerOf(route, context.var.token)),
      )
    }
    app.route(prefix || '/', router)
  }
  app.onError((error, context) => context.json(failureOf(error), 500))
  return running(createAdaptorServer({ fetch: app.fetch }) as Server)
}

const fastifyServer: AdapterServer['start'] = async (api, routes) => {
  const { requireToken, serveMetadata, tokenOf } = fastifyAdapter
  const app = fastify({ forceCloseConnections: true })
  app.setErrorHandler((error, _request, reply) => reply.code(500).send(failureOf(error)))
  if (api.metadata) app.register(serveMetadata(api))
  for (const [prefix, ofPrefix] of byPrefix(routes)) {
    app.register(
      async (scope) => {
        for (const route of ofPrefix) {
          scope.route({
            method: methodOf(route),
            url: route.path,
            onRequest: requireToken(api, route.requirement),
            handler: async (request) => answerOf(route, tokenOf(api, request)),
          })
        }
      },
      { prefix },
    )
  }
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => app.close() }
}

/** Every adapter in its framework, on a real socket. */
export const adapterServers: readonly AdapterServer[] = [
  { name: 'node:http', start: nodeHttp },
  { name: 'fetch', start: webFetch },
  { name: 'Express', start: expressServer },
  { name: 'Fastify', start: fastifyServer },
  { name: 'Hono', start: honoServer },
  { name: 'Koa', start: koaServer },
  { name: 'NestJS on Express', start: (api, routes) => startNest('express', api, routes) },
  { name: 'NestJS on Fastify', start: (api, routes) => startNest('fastify', api, routes) },
]
