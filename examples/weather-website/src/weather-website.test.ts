import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type CannedAnswer, cannedServer } from '../../../packages/client/test/local-server.ts'
import { startWeatherWebsite } from './weather-website.ts'

const forecast = { date: '2026-05-01', temperatureC: 21, summary: 'Mild' }

/** An authorization server, a weather API and the website between them. */
async function setUp(context: TestContext, api: (count: number) => CannedAnswer, token?: CannedAnswer) {
  const address = { issuer: '' }
  const as = await cannedServer(context, ({ url }, count) => {
    if (url !== '/token') return { body: { issuer: address.issuer, token_endpoint: `${address.issuer}/token` } }
    return token ?? { body: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 600 } }
  })
  address.issuer = as.url
  const weather = await cannedServer(context, (_, count) => api(count))
  const lines: string[] = []
  const website = await startWeatherWebsite({
    issuer: as.url,
    clientId: 'weather-website',
    credential: 's3cret',
    weatherApi: weather.url,
    port: 0,
    log: (line) => lines.push(line),
  })
  context.after(website.close)
  return { as, weather, website, lines }
}

test('the page shows the weather, and all visitors share one token', async (context) => {
  const { as, weather, website } = await setUp(context, () => ({ body: [forecast] }))
  const pages = await Promise.all(Array.from({ length: 20 }, () => fetch(website.url)))
  for (const page of pages) {
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<td>2026-05-01<\/td><td>21 °C<\/td><td>Mild<\/td>/)
  }
  assert.equal(as.requests.filter(({ url }) => url === '/token').length, 1)
  assert.equal(weather.requests.length, 20)
  assert.ok(weather.requests.every(({ headers }) => headers.authorization === 'Bearer token-2'))
  assert.match(as.requests.at(-1)?.body ?? '', /scope=weather%3Aread/)
})

test('a token that the API refuses is renewed once', async (context) => {
  const { website, weather } = await setUp(context, (count) => (count === 1 ? { status: 401 } : { body: [forecast] }))
  assert.equal((await fetch(website.url)).status, 200)
  assert.equal(weather.requests.length, 2)
})

test('what the API says is text, never markup', async (context) => {
  const { website } = await setUp(context, () => ({ body: [{ ...forecast, summary: '<img src=x onerror=alert(1)>' }] }))
  const page = await fetch(website.url)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.match(await page.text(), /&lt;img src=x onerror=alert\(1\)&gt;/)
})

test('without weather the page says why, and no more', async (context) => {
  const answers: [CannedAnswer, RegExp][] = [
    [{ status: 403 }, /the weather API answered 403/],
    [{ status: 401 }, /the weather API answered 401/],
    [{ body: { not: 'a list' } }, /answered something else/],
    [{ body: [{ ...forecast, temperatureC: '<b>' }] }, /answered something else/],
    [{ body: 'not json' }, /could not be reached/],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, /could not be reached/],
  ]
  for (const [answer, said] of answers) {
    const { website, lines } = await setUp(context, () => answer)
    const page = await fetch(website.url)
    assert.equal(page.status, 502)
    assert.match(await page.text(), said)
    assert.match(lines.join(), said)
  }
})

test('a refused client is told with its reference and without its secret', async (context) => {
  const refusal = { status: 401, headers: { 'mintmark-reference': 'ref-7' }, body: { error: 'invalid_client' } }
  const { website, weather } = await setUp(context, () => ({ body: [] }), refusal)
  const page = await (await fetch(website.url)).text()
  assert.match(page, /refused, invalid_client, reference ref-7/)
  assert.doesNotMatch(page, /s3cret/)
  assert.equal(weather.requests.length, 0)
})

test('other paths and methods are refused', async (context) => {
  const { website } = await setUp(context, () => ({ body: [] }))
  assert.equal((await fetch(`${website.url}/x`)).status, 404)
  assert.equal((await fetch(website.url, { method: 'POST' })).status, 405)
  assert.match(await (await fetch(`${website.url}/style.css`)).text(), /table/)
})

const run = (secret: string | undefined, ...flags: string[]) => {
  const { MINTMARK_CLIENT_SECRET: _, MINTMARK_CLIENT_SECRET_FILE: __, ...env } = process.env
  const program = new URL('main.ts', import.meta.url).pathname
  return spawn(process.execPath, [program, ...flags], {
    stdio: 'pipe',
    env: secret === undefined ? env : { ...env, MINTMARK_CLIENT_SECRET: secret },
  })
}

test('the program starts, says where, and ends cleanly', { timeout: 20_000 }, async (context) => {
  const program = run('x', '--port', '0')
  context.after(() => program.kill('SIGKILL'))
  const [line] = (await once(program.stdout, 'data')) as [Buffer]
  assert.match(String(line), /weather website: http:\/\/127\.0\.0\.1:\d+/)
  program.kill('SIGTERM')
  assert.deepEqual(await once(program, 'exit'), [0, null])
})

test('without a secret, or with a flag that it does not know, the program ends with a line', async () => {
  const runs: [string | undefined, string, string][] = [
    [undefined, '--port', '0'],
    ['x', '--nonsense', '1'],
    ['x', '--weather-api', 'x'],
  ]
  for (const [secret, ...flags] of runs) {
    const program = run(secret, ...flags)
    const ended = once(program, 'exit')
    assert.match(await text(program.stderr), /usage/)
    assert.equal((await ended)[0], 2)
  }
})
