import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, type TestContext, test } from 'node:test'
import { cannedServer } from '../../packages/client/test/local-server.ts'
import { freePort } from '../../packages/server/test/free-port.ts'
import { askWeather } from '../protect-an-api/ask-weather.ts'
import { startDemoIssuer } from '../protect-an-api/demo-issuer.ts'
import { runProgram } from '../protect-an-api/run-program.ts'
import { keyIssuer } from './key-issuer.ts'
import { type Runtime, runtimes } from './runtimes.ts'
import { makeStrangerProject, plainEnvironment } from './stranger-project.ts'

// Both SDKs as they are published, on every runtime they say they run on: `npm test -- --only runtimes`.

const demo = await startDemoIssuer()
const examples = 'examples/protect-an-api/src'
const project = await makeStrangerProject([
  ...['fetch', 'bun', 'worker', 'node-http'].map((name) => `${examples}/${name}.ts`),
  ...['caller', 'aging-api'].map((name) => `e2e/runtimes/programs/${name}.ts`),
])
after(async () => {
  project.remove()
  await demo.close()
})

/** Serves a program of the project with a runtime until the test ends. */
async function serve(
  context: TestContext,
  runtime: Runtime,
  name: string,
  more: Readonly<Record<string, string>> = {},
) {
  const port = await freePort()
  const settings = { ISSUER: demo.issuer, AUDIENCE: demo.audience, PORT: String(port), ...more }
  const command = await runtime.serve(project, name, port, settings)
  const program = await runProgram(command, port, { ...plainEnvironment(), ...settings })
  context.after(program.stop)
  return program.url
}

/** Of two Authorization lines none may be chosen. */
async function statusOfTwoLines(url: string): Promise<number | undefined> {
  const lines = [await demo.authorization('weather:read'), 'Bearer another']
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/weather/Bern`, (response) => resolve(response.resume().statusCode))
    asked.on('error', reject).setHeader('authorization', lines).end()
  })
}

const all = await runtimes()

/** The program of the example that is written for the runtime. */
const weatherPrograms: Readonly<Record<string, readonly string[]>> = {
  'Node 20': ['fetch.ts'],
  Bun: ['fetch.ts', 'bun.ts'],
  Deno: ['fetch.ts'],
  workerd: ['worker.ts'],
}

for (const runtime of all) {
  for (const name of weatherPrograms[runtime.name] ?? []) {
    test(`${runtime.name}: ${name} protects its routes`, { skip: runtime.missing }, async (context) => {
      const url = await serve(context, runtime, name)
      await askWeather(url, demo)
      assert.equal(await statusOfTwoLines(url), 400)
    })
  }

  test(`${runtime.name}: the client gets a token once for many callers and calls the API`, {
    skip: runtime.missing,
  }, async (context) => {
    const api = await serve(context, runtime, weatherPrograms[runtime.name]?.[0] ?? '')
    const url = await serve(context, runtime, 'caller.ts', {
      CLIENT_ID: demo.clientId,
      CLIENT_SECRET: demo.secret,
      TOKEN_SCOPE: 'weather:read',
      API: `${api}/weather/Bern`,
    })
    const ask = async (path: string) => (await fetch(`${url}${path}`)).json()
    assert.match(String(await ask('/runtime')), runtime.userAgent)
    assert.deepEqual(await ask('/tokens'), { different: 1, scopes: ['weather:read'] })
    assert.deepEqual(await ask('/call'), { city: 'Bern', askedBy: demo.clientId })
    const refused = (await ask('/refused')) as { code: string; message: string }
    assert.equal(refused.code, 'refused')
    assert.ok(!refused.message.includes('wrong'))
  })
}

for (const runtime of all) {
  test(`SEC-271: ${runtime.name}: a redirect to another origin goes without the token`, {
    skip: runtime.missing,
  }, async (context) => {
    const credentials = { CLIENT_ID: demo.clientId, CLIENT_SECRET: demo.secret, TOKEN_SCOPE: 'weather:read' }
    const url = await serve(context, runtime, 'caller.ts', credentials)
    const elsewhere = await cannedServer(context, ({ headers }) => ({ body: headers.authorization ?? 'none' }))
    const api = await cannedServer(context, () => ({ status: 302, headers: { location: elsewhere.url } }))
    const answer = await fetch(`${url}/redirected?to=${encodeURIComponent(api.url)}`)
    assert.equal(await answer.text(), 'none')
    assert.match(api.requests[0]?.headers.authorization ?? '', /^Bearer /)
  })
}

for (const runtime of all) {
  const { missing: skip } = runtime
  const program = weatherPrograms[runtime.name]?.at(-1) ?? ''

  test(`${runtime.name}: a caller that goes away while keys are fetched leaves nobody waiting`, {
    skip,
  }, async (context) => {
    const asked = Promise.withResolvers<() => void>()
    const { issuer, token } = await keyIssuer(context, (answer, count) =>
      count === 1 ? asked.resolve(answer) : answer(),
    )
    const url = `${await serve(context, runtime, program, { ISSUER: issuer })}/weather/Bern`
    const headers = { authorization: `Bearer ${await token('1')}` }
    const leaving = new AbortController()
    const left = fetch(url, { headers, signal: leaving.signal }).catch((error: Error) => error.name)
    const answer = await asked.promise
    leaving.abort()
    assert.equal(await left, 'AbortError')
    const second = fetch(url, { headers })
    answer()
    assert.equal((await second).status, 200)
    assert.equal((await fetch(url, { headers })).status, 200)
  })

  test(`${runtime.name}: tokens are renewed for as long as the client runs`, { skip }, async (context) => {
    const credentials = { CLIENT_ID: demo.clientId, CLIENT_SECRET: demo.secret, TOKEN_SCOPE: 'weather:read' }
    const url = await serve(context, runtime, 'caller.ts', credentials)
    for (let request = 0; request < 30; request += 1) {
      const response = await fetch(`${url}/tokens`)
      assert.equal(response.status, 200, `request ${request}`)
      const { different } = (await response.json()) as { different: number }
      // Of the callers of one moment some may be given the old token and some the new one.
      assert.ok(different === 1 || different === 2, `${different}`)
      await fetch(`${url}/advance?minutes=6`)
    }
  })

  test(`${runtime.name}: keys are renewed for as long as the API runs`, { skip }, async (context) => {
    let renewals = 0
    // Slower than an answer of the API: where nothing goes on after it, a renewal in the background is lost.
    const { issuer, token } = await keyIssuer(context, (answer) => {
      renewals += 1
      setTimeout(answer, 50)
    })
    const url = await serve(context, runtime, 'aging-api.ts', { ISSUER: issuer })
    for (let request = 0; request < 30; request += 1) {
      const response = await fetch(url, { headers: { authorization: `Bearer ${await token(`${request}`)}` } })
      assert.equal(response.status, 200, `request ${request}, the keys were asked for ${renewals} times`)
      await response.text()
      await fetch(`${url}/advance?minutes=6`)
    }
    assert.ok(renewals > 2, `${renewals}`)
  })
}

for (const { name, missing, run } of all) {
  if (run === undefined) continue
  test(`${name}: node-http.ts protects its routes`, { skip: missing }, async (context) => {
    const port = await freePort()
    const env = { ...plainEnvironment(), ISSUER: demo.issuer, AUDIENCE: demo.audience, PORT: String(port) }
    const program = await runProgram(await run(project, 'node-http.ts'), port, env)
    context.after(program.stop)
    await askWeather(program.url, demo)
    assert.equal(await statusOfTwoLines(program.url), 400)
  })
}
