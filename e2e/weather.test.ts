import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clientSecretPost, tokenSource } from '@mintmark/client'
import { startWeatherApi } from '@mintmark/example-weather-api'
import { startWeatherWebsite } from '@mintmark/example-weather-website'
import { demoFounding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { testStoreEnvironment } from '../packages/server/test/postgres/test-store.ts'

const audience = 'https://weather.example'

/** Mintmark with its demo workspace, on free ports, its data in a directory of its own. */
async function setUp(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-weather-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {
      MINTMARK_PUBLIC_PORT: '0',
      MINTMARK_ADMIN_PORT: '0',
      MINTMARK_DATA_DIR: directory,
      MINTMARK_LOG_LEVEL: 'error',
      ...(await testStoreEnvironment(directory)),
    },
    flags: {},
  })
  const server = await startServer(config)
  context.after(async () => {
    await server.close()
    rmSync(directory, { recursive: true })
  })
  const secrets = (await foundWorkspace(demoFounding, server)) ?? {}
  const issuer = `${server.publicUrl}/default/demo`
  const website = { issuer, clientId: 'weather-website', credential: secrets['weather-website'] ?? '' }
  return { issuer, website, apiSecret: secrets['weather-api'] ?? '' }
}

test('the website shows the weather that the API gives it for a token of Mintmark', async (context) => {
  const { issuer, website } = await setUp(context)
  const api = await startWeatherApi({ issuer, audience, port: 0 })
  context.after(api.close)
  const site = await startWeatherWebsite({ ...website, weatherApi: api.url, resource: audience, port: 0 })
  context.after(site.close)
  const page = await fetch(site.url)
  assert.equal(page.status, 200)
  assert.equal((await page.text()).match(/ °C/g)?.length, 5)
})

test('the API lets in what its scope allows, and nothing else', async (context) => {
  const { issuer, website } = await setUp(context)
  const lines: string[] = []
  const api = await startWeatherApi({ issuer, audience, port: 0, log: (line) => lines.push(line) })
  context.after(api.close)
  const url = `${api.url}/weatherforecast`
  const authorization = async (scope: string) =>
    (await tokenSource({ ...website, scope, credential: clientSecretPost(website.credential) }).token()).authorization
  const read = await authorization('weather:read')
  const write = await authorization('weather:write')
  const body = JSON.stringify({ date: '2026-05-01', temperatureC: 20, summary: 'Mild' })
  const status = async (header: string | undefined, init: RequestInit = {}) =>
    (await fetch(url, { ...init, headers: header === undefined ? {} : { authorization: header } })).status
  assert.equal(await status(undefined), 401)
  assert.equal(await status(read.replace(/.{10}$/, 'AAAAAAAAAA')), 401)
  assert.equal(await status(read), 200)
  assert.equal(await status(write), 403)
  assert.equal(await status(read, { method: 'POST', body }), 403)
  assert.equal(await status(write, { method: 'POST', body }), 201)
  assert.deepEqual(
    lines.map((line) => JSON.parse(line.replace('refused: ', '')).check),
    ['signature', 'scope', 'scope'],
  )
})

test('an API that asks about tokens notices that one was revoked', async (context) => {
  const { issuer, website, apiSecret } = await setUp(context)
  const introspection = { clientId: 'weather-api', credential: apiSecret, maximumAge: 0 }
  const api = await startWeatherApi({ issuer, audience, port: 0, introspection })
  context.after(api.close)
  const token = await tokenSource({ ...website, scope: 'weather:read' }).token()
  const headers = { authorization: token.authorization }
  assert.equal((await fetch(`${api.url}/weatherforecast`, { headers })).status, 200)
  const revoked = await fetch(`${issuer}/oauth2/revoke`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${website.clientId}:${website.credential}`)}` },
    body: new URLSearchParams({ token: token.value }),
  })
  assert.equal(revoked.status, 200)
  assert.equal((await fetch(`${api.url}/weatherforecast`, { headers })).status, 401)
})

test('a wrong secret fails at once, with the reference that finds the refusal', async (context) => {
  const { website } = await setUp(context)
  const source = tokenSource({ ...website, credential: 'wrong' })
  await assert.rejects(source.token(), (error: { oauthError?: string; reference?: string; code?: string }) => {
    assert.equal(error.code, 'refused')
    assert.equal(error.oauthError, 'invalid_client')
    assert.match(error.reference ?? '', /^[A-Za-z0-9_-]+$/)
    return true
  })
})
