import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { TokenError } from '@mintmark/client'
import { discoveringFetch } from '@mintmark/client/resource-metadata'
import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/node-http'
import { startForStrangers } from './foreign/stranger-server.ts'

const scopes = ['weather:read', 'weather:write']
const logicalName = 'https://weather.example'

/** An API whose port is known before the issuer that is to know its URL, and what it was asked. */
const listening = createServer()
const seen: string[] = []
await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
after(() => listening.close())
const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`

const named = (audience: string) => ({ audience, scopes: scopes.map((name) => ({ name, description: '' })) })
const server = await startForStrangers(
  {
    workspace: 'default/demo',
    settings: { displayName: 'Demo' },
    apis: { weather: named(url), logical: named(logicalName) },
    clients: {
      website: {
        capabilities: ['client_credentials'],
        permissions: [
          { api: 'weather', scopes, defaultScopes: [] },
          { api: 'logical', scopes: ['weather:read'], defaultScopes: [] },
        ],
      },
    },
    note: 'an API that says who its issuer is',
  },
  { transport: 'http' },
)

/** Makes the API take tokens for an audience. */
const serve = (audience: string) => {
  const { issuer } = server
  const api = protect({ issuer, audience, metadata: { resource: url, scopes } })
  const metadata = serveMetadata(api)
  const read = requireToken(api, ['weather:read'], (_, response) => void response.end('mild'))
  const write = requireToken(api, ['weather:write'], (_, response) => void response.end('written'))
  listening.removeAllListeners('request').on('request', (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization === undefined ? 'bare' : 'token'}`)
    if (!metadata(request, response)) (request.method === 'POST' ? write : read)(request, response)
  })
  seen.length = 0
}

const client = () => ({ issuer: server.issuer, clientId: 'website', credential: server.secrets.website ?? '' })
const wellKnown = 'GET /.well-known/oauth-protected-resource bare'

test('an API with our SDK leads a client that knows only its own credential to our server', async () => {
  serve(url)
  const call = discoveringFetch({ issuers: [client()], apis: [{ origin: url, scopes: ['weather:read'] }] })
  assert.equal(await (await call(`${url}/weatherforecast`)).text(), 'mild')
  assert.equal(await (await call(`${url}/weatherforecast`)).text(), 'mild')
  assert.deepEqual(seen, [
    'GET /weatherforecast bare',
    wellKnown,
    'GET /weatherforecast token',
    'GET /weatherforecast token',
  ])
  // The scope that is missing is not one the caller allows.
  assert.equal((await call(url, { method: 'POST' })).status, 403)
})

test('a challenge that names no scope is answered with those that the caller allows', async () => {
  serve(url)
  const restrained = discoveringFetch({ issuers: [client()], apis: [{ origin: url, scopes }] })
  assert.equal(await (await restrained(url, { method: 'POST', body: '{}' })).text(), 'written')
  assert.deepEqual(seen, ['POST / bare', wellKnown, 'POST / token'])
})

test('an API that its issuer knows by another name is called when the caller says that name', async () => {
  serve(logicalName)
  const apis = [{ origin: url, scopes: ['weather:read'], resource: logicalName }]
  assert.equal(await (await discoveringFetch({ issuers: [client()], apis })(url)).text(), 'mild')
})

test('an API that leads to an issuer the caller does not know gets nothing', async () => {
  serve(url)
  const stranger = { ...client(), issuer: `${server.publicUrl}/default/other` }
  const call = discoveringFetch({ issuers: [stranger], apis: [{ origin: url, scopes }] })
  await assert.rejects(call(url), (error) => error instanceof TokenError && error.code === 'discovery_refused')
  assert.deepEqual(seen, ['GET / bare', wellKnown])
})
