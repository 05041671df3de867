import 'reflect-metadata'
import * as adapter from '@mintmark/resource-server/nestjs'
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpCode,
  HttpException,
  type INestApplication,
  Module,
  RequestMapping,
  RequestMethod,
  UseGuards,
} from '@nestjs/common'
import { BaseExceptionFilter, NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { ProtectedApi } from '../src/protect.ts'
import type { VerifiedToken } from '../src/verified-token.ts'
import { type AdapterRoute, answerOf, byPrefix, failureOf, namedWildcard, type RunningServer } from './adapter-route.ts'

type Platform = 'express' | 'fastify'

/** A controller for routes that are known at run time only: decorators are called, which is what their syntax does. */
function controller(api: ProtectedApi, platform: Platform, prefix: string, routes: readonly AdapterRoute[]) {
  class Routes {}
  const Token = adapter.tokenDecorator(api)
  for (const [index, route] of routes.entries()) {
    const name = `route${index}`
    const value = (token: VerifiedToken) => answerOf(route, token)
    const descriptor = { value, configurable: true, writable: true }
    Object.defineProperty(Routes.prototype, name, descriptor)
    const method = RequestMethod[(route.method ?? 'GET') as 'GET']
    RequestMapping({ path: platform === 'express' ? namedWildcard(route.path) : route.path, method })(
      Routes.prototype,
      name,
      descriptor,
    )
    HttpCode(200)(Routes.prototype, name, descriptor)
    UseGuards(adapter.requireToken(api, route.requirement))(Routes.prototype, name, descriptor)
    Token()(Routes.prototype, name, 0)
  }
  Controller(prefix)(Routes)
  return Routes
}

/** What is no HttpException is answered like in the other frameworks; the rest is left to Nest. */
function failures(app: INestApplication): ExceptionFilter {
  const http = app.getHttpAdapter()
  class Failures extends BaseExceptionFilter {
    override catch(error: unknown, host: ArgumentsHost) {
      if (error instanceof HttpException) super.catch(error, host)
      else http.reply(host.getArgByIndex(1), failureOf(error), 500)
    }
  }
  Catch()(Failures)
  return new Failures(http)
}

export async function startNest(
  platform: Platform,
  api: ProtectedApi,
  routes: readonly AdapterRoute[],
): Promise<RunningServer> {
  const controllers = byPrefix(routes).map(([prefix, ofPrefix]) => controller(api, platform, prefix, ofPrefix))
  class App {}
  Module({ controllers })(App)
  const http = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter()
  const app = await NestFactory.create(App, http, { logger: false, forceCloseConnections: true })
  if (platform === 'express') app.getHttpAdapter().getInstance().disable('x-powered-by')
  if (api.metadata) app.use(adapter.serveMetadata(api))
  app.useGlobalFilters(failures(app))
  await app.listen(0, '127.0.0.1')
  return { url: await app.getUrl(), close: () => app.close() }
}
