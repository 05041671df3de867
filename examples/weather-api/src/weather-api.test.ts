import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { localIssuer } from '../../../packages/resource-server/test/local-issuer.ts'
import { startWeatherApi, type WeatherApiOptions } from './weather-api.ts'

const audience = 'https://weather.example'

async function setUp(context: TestContext, options: Partial<WeatherApiOptions> = {}) {
  const issuer = await localIssuer(context)
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const api = await startWeatherApi({ issuer: issuer.issuer, audience, port: 0, log, ...options })
  context.after(api.close)
  const now = Math.floor(Date.now() / 1_000)
  const token = (scope: string) => issuer.sign({ aud: audience, iat: now, exp: now + 60, scope })
  const authorization = async (scope: string) => `Bearer ${await token(scope)}`
  const call = async (scope: string | undefined, init: RequestInit = {}, path = '/weatherforecast') => {
    const headers: HeadersInit = scope === undefined ? {} : { authorization: await authorization(scope) }
    return fetch(`${api.url}${path}`, { ...init, headers })
  }
  return { ...issuer, call, lines, now, authorization, url: api.url }
}

test('with weather:read there are five days of weather, from today on', async (context) => {
  const { call } = await setUp(context)
  const response = await call('weather:read')
  assert.equal(response.status, 200)
  const forecasts = (await response.json()) as { date: string; temperatureC: number; temperatureF: number }[]
  assert.equal(forecasts.length, 5)
  for (const { date, temperatureC, temperatureF } of forecasts) {
    assert.match(date, /^\d{4}-\d\d-\d\d$/)
    assert.equal(temperatureF, Math.round(32 + temperatureC * 1.8))
  }
})

test('without a token it is 401, with another scope 403, and the log says why', async (context) => {
  const { call, lines } = await setUp(context)
  const missing = await call(undefined)
  assert.equal(missing.status, 401)
  assert.equal(missing.headers.get('www-authenticate'), `Bearer realm="${audience}"`)
  const refused = await call('weather:read', { method: 'POST', body: '{}' })
  assert.equal(refused.status, 403)
  assert.match(refused.headers.get('www-authenticate') ?? '', /error="insufficient_scope".*scope="weather:write"/)
  assert.deepEqual(lines, [
    'refused: {"code":"insufficient_scope","check":"scope","expected":"weather:write","received":"weather:read"}',
  ])
})

test('with weather:write the weather of a day is replaced', async (context) => {
  const { call } = await setUp(context)
  const date = new Date().toISOString().slice(0, 10)
  const body = JSON.stringify({ date, temperatureC: 21.5, summary: 'Lovely' })
  const response = await call('weather:write', { method: 'POST', body })
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), {
    date,
    temperatureC: 21.5,
    temperatureF: 71,
    summary: 'Lovely',
    reportedBy: 'cb',
  })
  assert.match(await (await call('weather:read')).text(), /Lovely/)
})

test('weather that makes no sense is refused', async (context) => {
  const { call } = await setUp(context)
  const good = { date: '2026-05-01', temperatureC: 1, summary: 'x' }
  const bad = [{ date: '2026-02-30' }, { date: 1 }, { temperatureC: 101 }, { temperatureC: '1' }, { summary: '' }]
  for (const change of bad) {
    const response = await call('weather:write', { method: 'POST', body: JSON.stringify({ ...good, ...change }) })
    assert.equal(response.status, 400, JSON.stringify(change))
  }
  for (const body of ['', 'x', 'null', '[]']) {
    assert.equal((await call('weather:write', { method: 'POST', body })).status, 400)
  }
  assert.equal((await call('weather:write', { method: 'POST', body: 'x'.repeat(20_000) })).status, 413)
})

test('a caller that goes away in the middle of a body takes nobody along', async (context) => {
  const { call, url, authorization, lines } = await setUp(context)
  const going = httpRequest(`${url}/weatherforecast`, {
    method: 'POST',
    headers: { authorization: await authorization('weather:write'), 'content-length': '100', expect: '100-continue' },
  }).on('error', () => undefined)
  going.flushHeaders()
  await once(going, 'continue')
  going.destroy()
  while (lines.length === 0) assert.equal((await call('weather:read')).status, 200)
  assert.match(lines.join(), /^failed: /)
})

test('other paths and methods are refused', async (context) => {
  const { call } = await setUp(context)
  assert.equal((await call('weather:read', {}, '/')).status, 404)
  assert.equal((await call('weather:read', {}, '/weatherforecast?days=2')).status, 200)
  const response = await call('weather:read', { method: 'DELETE' })
  assert.equal(response.status, 405)
  assert.equal(response.headers.get('allow'), 'GET, POST')
})

test('with credentials for introspection opaque tokens are let in too', async (context) => {
  const { call, state, claims, now } = await setUp(context, {
    introspection: { clientId: 'weather-api', credential: 'x' },
  })
  state.introspect = () => ({
    body: { ...claims({ aud: audience, exp: now + 60, scope: 'weather:read' }), active: true },
  })
  assert.equal((await call('weather:read')).status, 200)
})

const run = (...flags: string[]) =>
  spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname, ...flags], { stdio: 'pipe' })

test('the program starts, says where, and ends cleanly', { timeout: 20_000 }, async (context) => {
  const program = run('--port', '0')
  context.after(() => program.kill('SIGKILL'))
  const [line] = (await once(program.stdout, 'data')) as [Buffer]
  const url = /weather API: (\S+)/.exec(String(line))?.[1] ?? ''
  assert.equal((await fetch(url)).status, 401)
  program.kill('SIGTERM')
  assert.deepEqual(await once(program, 'exit'), [0, null])
})

test('a flag that it does not know, and a port that is taken, end the program with a line', async (context) => {
  const { url } = await localIssuer(context)
  const runs: [number, RegExp, ...string[]][] = [
    [2, /usage/, '--nonsense'],
    [2, /--port is a number/, '--port', '70000'],
    [1, /is taken/, '--port', new URL(url).port],
  ]
  for (const [code, line, ...flags] of runs) {
    const program = run(...flags)
    const ended = once(program, 'exit')
    assert.match(await text(program.stderr), line)
    assert.equal((await ended)[0], code)
  }
})
