import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { OAuthError } from '@mintmark/protocol'
import * as expressAdapter from '@mintmark/resource-server/express'
import * as fastifyAdapter from '@mintmark/resource-server/fastify'
import * as koaAdapter from '@mintmark/resource-server/koa'
import * as nodeAdapter from '@mintmark/resource-server/node-http'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { generate } from 'selfsigned'
import { audience, localIssuer, start } from '../test/local-issuer.ts'
import { type CertificateFinder, certificateFromHeader } from './certificate-binding.ts'
import { type ProtectedApi, type ProtectOptions, protect } from './protect.ts'

const make = async (name: string) => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  })
  return { cert, key }
}
const [server, own, other] = [await make('localhost'), await make('client'), await make('client')]
const der = ({ cert }: { readonly cert: string }): Buffer => new X509Certificate(cert).raw
const thumbprint = createHash('sha256').update(der(own)).digest('base64url')

async function setUp(
  context: TestContext,
  certificates: CertificateFinder | undefined,
  more: Partial<ProtectOptions> = {},
) {
  const issuer = await localIssuer(context)
  const refusals: (string | undefined)[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    certificates,
    currentTime: () => start * 1_000,
    onRefusal: ({ check }: OAuthError) => refusals.push(check),
    ...more,
  })
  const bound = await issuer.sign({ cnf: { 'x5t#S256': thumbprint } })
  const ask = async (
    token: string,
    headers: Readonly<Record<string, readonly string[]>> = {},
    certificate?: () => Uint8Array | undefined,
  ) => {
    const lines: Readonly<Record<string, readonly string[]>> = { authorization: [`Bearer ${token}`], ...headers }
    const header = (name: string) => lines[name] ?? []
    const decision = await api.authorize({ method: 'GET', url: '/read', header, certificate }, ['api:read'])
    return decision.allowed ? 200 : `${decision.status} ${refusals.pop()}`
  }
  return { ...issuer, api, ask, bound }
}

test('a token that is bound to a certificate is refused unless the API says where certificates come from', async (context) => {
  const { ask, bound } = await setUp(context, undefined)
  assert.equal(await ask(bound, {}, () => der(own)), '401 token-bound')
})

test('a bound token is good with its certificate alone, and others as before', async (context) => {
  const { ask, bound, sign } = await setUp(context, 'connection')
  assert.equal(await ask(bound, {}, () => der(own)), 200)
  assert.equal(await ask(bound, {}, () => der(other)), '401 certificate')
  assert.equal(await ask(bound, {}, () => undefined), '401 certificate-present')
  assert.equal(await ask(bound), '401 certificate-present')
  assert.equal(await ask(bound, { authorization: [`DPoP ${bound}`] }, () => der(own)), '401 undefined')
  assert.equal(await ask(await sign({ cnf: { jkt: thumbprint } }), {}, () => der(own)), '401 token-bound')
  const both = await sign({ cnf: { jkt: thumbprint, 'x5t#S256': thumbprint } })
  assert.equal(await ask(both, {}, () => der(own)), '401 token-bound')
  assert.equal(await ask(await sign({ cnf: { 'x5t#S256': 1 } }), {}, () => der(own)), '401 token-bound')
  assert.equal(await ask(await sign()), 200)
  assert.equal(await ask(await sign(), {}, () => der(other)), 200)
})

test('where DPoP is required, a certificate does not replace it', async (context) => {
  const { ask, bound } = await setUp(context, 'connection', { dpop: 'required' })
  assert.equal(await ask(bound, {}, () => der(own)), '401 token-bound')
})

test('behind a proxy the header is read, and what it cannot be is undecidable and no pass', async (context) => {
  const base64 = der(own).toString('base64')
  const forms = {
    'client-cert': [`:${base64}:`, `:${der(other).toString('base64')}:`],
    'x-ssl-client-cert': [encodeURIComponent(own.cert), encodeURIComponent(other.cert)],
  }
  for (const [name, [right = '', wrong = '']] of Object.entries(forms)) {
    const { ask, bound } = await setUp(context, certificateFromHeader(name.toUpperCase()))
    assert.equal(await ask(bound, { [name]: [right] }), 200)
    assert.equal(await ask(bound, { [name]: [wrong] }), '401 certificate')
    assert.equal(await ask(bound), '401 certificate-present')
    assert.equal(await ask(bound, { 'x-other': [right] }, () => der(own)), '401 certificate-present')
    for (const lines of [[right, right], ['x'], [':!:'], ['%'], [`${right}, ${right}`]]) {
      assert.equal(await ask(bound, { [name]: lines }), '503 certificate-unavailable')
    }
  }
})

test('metadata says that such tokens are taken; a finder that is none is refused at once', async (context) => {
  const { api } = await setUp(context, 'connection', { metadata: true })
  assert.equal(api.metadata?.document.tls_client_certificate_bound_access_tokens, true)
  const without = await setUp(context, undefined, { metadata: true })
  assert.equal(without.api.metadata?.document.tls_client_certificate_bound_access_tokens, undefined)
  await assert.rejects(setUp(context, 'header' as never), TypeError)
})

const tls = { ...server, requestCert: true, rejectUnauthorized: false }
const overTls = async (listener: RequestListener, context: TestContext) => {
  const https = createServer(tls, listener).listen(0, 'localhost')
  await once(https, 'listening')
  context.after(() => {
    https.closeAllConnections()
    https.close()
  })
  return (https.address() as AddressInfo).port
}

const adapters: Readonly<Record<string, (api: ProtectedApi, context: TestContext) => Promise<number>>> = {
  'node-http': (api, context) =>
    overTls(
      nodeAdapter.requireToken(api, ['api:read'], (_request, response) => void response.end('in')),
      context,
    ),
  express: (api, context) => {
    const app = express()
    app.get('/read', expressAdapter.requireToken(api, ['api:read']), (_request, response) => void response.send('in'))
    return overTls(app, context)
  },
  koa: (api, context) => {
    const app = new Koa()
    app.use(koaAdapter.requireToken(api, ['api:read']))
    app.use((koa) => {
      koa.body = 'in'
    })
    return overTls(app.callback(), context)
  },
  fastify: async (api, context) => {
    const app = fastify({ https: tls })
    app.get('/read', { preHandler: fastifyAdapter.requireToken(api, ['api:read']) }, async () => 'in')
    await app.listen({ port: 0, host: 'localhost' })
    context.after(() => app.close())
    return (app.server.address() as AddressInfo).port
  },
}

for (const [name, listen] of Object.entries(adapters)) {
  test(`${name} takes the certificate from the connection`, async (context) => {
    const { api, bound } = await setUp(context, 'connection')
    const port = await listen(api, context)
    const get = (identity: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { ca: server.cert, agent: false, headers: { authorization: `Bearer ${bound}` }, ...identity }
        request(`https://localhost:${port}/read`, options, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        })
          .on('error', reject)
          .end()
      })
    assert.deepEqual([await get(own), await get(other), await get({})], [200, 401, 401])
  })
}
