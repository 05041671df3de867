import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProtectedApi, protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/hono'
import { Hono } from 'hono'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

// The API under test, made of what protects it.
const weatherApp = (api: ProtectedApi) =>
  new Hono().get('/weather', requireToken(api, ['weather:read']), (context) => context.text(context.var.token.clientId))

// Instead of a server: an issuer whose keys are given.
const [issuer, audience] = ['https://issuer.test', 'https://weather.example']
const { privateKey, publicKey } = await generateKeyPair('ES256')
const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }
const app = weatherApp(protect({ audience, issuer: { issuer, keys: { jwks: { keys: [key] } } } }))

const tokenWith = (scope: string, of = audience) =>
  new SignJWT({ client_id: 'robot', scope, jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(of)
    .setSubject('robot')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey)

const ask = async (token?: string) =>
  app.request('/weather', { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })

test('the weather is for callers who may read it', async () => {
  assert.equal(await (await ask(await tokenWith('weather:read'))).text(), 'robot')
  assert.equal((await ask()).status, 401)
  assert.equal((await ask(await tokenWith('weather:write'))).status, 403)
  assert.equal((await ask(await tokenWith('weather:read', 'https://another.example'))).status, 401)
})
