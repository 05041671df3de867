import type { RequestListener } from 'node:http'
import fastifyJwt from '@fastify/jwt'
import { JwtVerifier } from 'aws-jwt-verify'
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import fastify from 'fastify'
import buildGetJwks from 'get-jwks'
import { passportJwtSecret } from 'jwks-rsa'
import passport from 'passport'
import { ExtractJwt, Strategy, type VerifiedCallback } from 'passport-jwt'

/** What a resource server is told: where tokens come from and what it is called in them. */
export type Expected = {
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
  readonly algorithm: Algorithm
}

export type Algorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** Somebody else's way to protect an API, as its documentation says: it answers with the `sub` of a good token. */
export type ForeignResourceServer = {
  /** Its packages. */
  readonly name: string
  /** Of Mintmark's algorithms, the ones it verifies. */
  readonly algorithms: readonly Algorithm[]
  readonly protect: (expected: Expected) => Promise<RequestListener>
}

type CompleteToken = {
  readonly header: { readonly kid: string; readonly alg: string }
  readonly payload: { readonly iss: string }
}

/** Other people's resource servers in JavaScript. All verify by the key set, none asks about a token. */
export const resourceServers: readonly ForeignResourceServer[] = [
  {
    name: 'express-oauth2-jwt-bearer',
    algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    protect: async ({ issuer, audience, algorithm }) => {
      const app = express()
      // `strict` is its word for RFC 9068.
      app.use(auth({ issuerBaseURL: issuer, audience, tokenSigningAlg: algorithm, strict: true }))
      app.get('/', (request, response) => {
        response.send(request.auth?.payload.sub)
      })
      app.use(((error, _request, response, _next) => {
        const { status = 500, headers = {} } = error as { status?: number; headers?: Record<string, string> }
        response.status(status).set(headers).end()
      }) satisfies express.ErrorRequestHandler)
      return app
    },
  },
  {
    name: '@fastify/jwt with get-jwks',
    algorithms: ['ES256', 'RS256', 'PS256'],
    protect: async ({ issuer, audience, algorithm }) => {
      const keys = buildGetJwks({ providerDiscovery: true, issuersWhitelist: [issuer] })
      const app = fastify()
      await app.register(fastifyJwt, {
        decode: { complete: true },
        secret: async (_request: unknown, token: unknown) => {
          const { header, payload } = token as CompleteToken
          return keys.getPublicKey({ kid: header.kid, alg: header.alg, domain: payload.iss })
        },
        verify: { allowedIss: issuer, allowedAud: audience, algorithms: [algorithm] },
      })
      // Two refusals that @fastify/jwt gives no status.
      const refusals: readonly unknown[] = ['JWK_NOT_FOUND', 'FAST_JWT_INVALID_ALGORITHM']
      app.setErrorHandler<{ code?: string; statusCode?: number }>(({ code, statusCode = 500 }, _request, reply) =>
        reply.status(refusals.includes(code) ? 401 : statusCode).send(),
      )
      app.get('/', async (request) => (await request.jwtVerify<{ sub: string }>()).sub)
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
  },
  {
    name: 'jwks-rsa with passport-jwt',
    algorithms: ['ES256', 'RS256', 'PS256'],
    protect: async ({ issuer, jwksUri, audience, algorithm }) => {
      const guard = new passport.Passport()
      guard.use(
        new Strategy(
          {
            secretOrKeyProvider: passportJwtSecret({ jwksUri, cache: true, rateLimit: true }),
            jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
            issuer,
            audience,
            algorithms: [algorithm as 'ES256' | 'RS256' | 'PS256'],
          },
          (payload: { sub: string }, done: VerifiedCallback) => done(null, { id: payload.sub }),
        ),
      )
      const app = express()
      app.use(guard.initialize())
      app.get('/', guard.authenticate('jwt', { session: false }), (request, response) => {
        response.send((request.user as { id: string }).id)
      })
      return app
    },
  },
  {
    name: 'aws-jwt-verify',
    algorithms: ['ES256', 'RS256', 'EdDSA'],
    protect: async ({ issuer, jwksUri, audience }) => {
      const verifier = JwtVerifier.create({ issuer, audience, jwksUri })
      return (request, response) => {
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
        verifier.verify(token).then(
          ({ sub }) => response.end(sub),
          () => response.writeHead(401).end(),
        )
      }
    },
  },
]
