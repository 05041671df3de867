import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { build } from 'esbuild'
import { freePort } from '../../packages/server/test/free-port.ts'
import { askWeather } from './ask-weather.ts'
import { startDemoIssuer } from './demo-issuer.ts'
import { runProgram } from './run-program.ts'

// Every program of the page "protect an API" that runs on Node, with real tokens. Those for other runtimes: e2e/runtimes.

const demo = await startDemoIssuer()
after(demo.close)

const source = (name: string) => fileURLToPath(new URL(`../../examples/protect-an-api/src/${name}`, import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/mintmark-examples/', import.meta.url))

interface FetchProgram {
  readonly fetch: (request: Request, environment: Readonly<Record<string, string>>) => Response | Promise<Response>
}

async function run(context: TestContext, file: string) {
  const port = await freePort()
  const settings = { ISSUER: demo.issuer, AUDIENCE: demo.audience, WEATHER_API_SECRET: demo.apiSecret }
  const program = await runProgram([process.execPath, file], port, { ...process.env, ...settings, PORT: String(port) })
  context.after(program.stop)
  return program.url
}

for (const name of ['express', 'fastify', 'hono', 'koa', 'nestjs', 'node-http']) {
  test(`${name}.ts lets in who may, tells the others why not, and serves its metadata`, async (context) => {
    await askWeather(await run(context, source(`${name}.ts`)), demo)
  })
}

test('nestjs-decorators.ts does so once its decorators are compiled', async (context) => {
  mkdirSync(cache, { recursive: true })
  const outfile = `${cache}nestjs-decorators.mjs`
  await build({
    entryPoints: [source('nestjs-decorators.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  })
  await askWeather(await run(context, outfile), demo)
})

for (const name of ['fetch', 'worker']) {
  test(`${name}.ts does so behind whatever turns connections into Request and Response`, async (context) => {
    const environment = { ISSUER: demo.issuer, AUDIENCE: demo.audience }
    Object.assign(process.env, environment)
    const { default: program } = (await import(source(`${name}.ts`))) as { default: FetchProgram }
    const server = createAdaptorServer({ fetch: (request) => program.fetch(request, environment) })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    context.after(() => server.close())
    await askWeather(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, demo)
  })
}

test('several-issuers.ts asks the issuer about its tokens and refuses those of others', async (context) => {
  const url = await run(context, source('several-issuers.ts'))
  const ask = (authorization: string) => fetch(url, { headers: { authorization } })
  const answer = await ask(await demo.authorization('weather:read'))
  assert.deepEqual(await answer.json(), { issuer: demo.issuer, clientId: demo.clientId, department: 'none' })
  assert.equal((await ask(await demo.authorization('weather:write'))).status, 403)
  assert.equal((await ask('Bearer opaque')).status, 401)
  const claims = Buffer.from(JSON.stringify({ iss: 'https://stranger.example' })).toString('base64url')
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt' })).toString('base64url')
  assert.equal((await ask(`Bearer ${header}.${claims}.c2ln`)).status, 401)
})
