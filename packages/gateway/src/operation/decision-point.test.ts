import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { ask } from '../../test/ask.ts'
import { TableError } from '../table/table-error.ts'
import { startGateway } from '../verifier/start-gateway.ts'

const setUp = async (context: TestContext, watchInterval = 60_000) => {
  const issuer = await localIssuer(context)
  const directory = await mkdtemp(join(tmpdir(), 'mintmark-gateway-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'routes.yaml')
  const keysFile = join(directory, 'keys.json')
  writeFileSync(keysFile, JSON.stringify({ keys: [issuer.key.jwk] }))
  const write = (...paths: readonly string[]) =>
    writeFileSync(
      file,
      JSON.stringify({
        issuers: [{ issuer: issuer.issuer, keys: { jwksFile: 'keys.json' } }],
        audience,
        routes: paths.map((path) => ({ path, scopes: ['api:read'] })),
      }),
    )
  write('/one')
  const messages: string[] = []
  let heard = (): void => {}
  const say = (message: string): void => {
    messages.push(message)
    heard()
  }
  const said = (message: string) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (messages.includes(message)) resolve()
      }
      heard()
    })
  const gateway = await startGateway({
    routes: { file },
    watchInterval,
    currentTime: () => start * 1000,
    log: { debug: say, info: say, warn: say, error: say },
  })
  context.after(() => gateway.close({ timeout: 0 }))
  const authorization = `Bearer ${await issuer.sign()}`
  const status = async (target: string) => {
    const headers = { 'X-Original-Method': 'GET', 'X-Original-URI': target, Authorization: authorization }
    return (await ask(gateway.url, { path: '/nginx', headers })).status
  }
  return { ...issuer, gateway, file, keysFile, write, status, said, messages }
}

test('a new table is used from the moment it is read', async (context) => {
  const { gateway, write, status } = await setUp(context)
  assert.deepEqual([await status('/one'), await status('/two')], [200, 403])
  write('/two')
  assert.equal(gateway.reload(), true)
  assert.deepEqual([await status('/one'), await status('/two')], [403, 200])
})

test('a bad new table is refused, said, and the one in use stays', async (context) => {
  const { gateway, file, write, status, messages } = await setUp(context)
  for (const text of ['', 'routes: [', '{"issuers":[],"routes":[{"path":"/one","scopes":[]}]}']) {
    writeFileSync(file, text)
    assert.equal(gateway.reload(), false)
    assert.equal(await status('/one'), 200)
  }
  rmSync(file)
  assert.equal(gateway.reload(), false)
  assert.equal(await status('/one'), 200)
  assert.equal(messages.filter((message) => message === 'route table refused, the one in use stays').length, 4)
  assert.match(gateway.metrics(), /table_reloads_total\{outcome="refused"\} 4\n[\s\S]*table_current 0\n/)
  write('/two')
  assert.equal(gateway.reload(), true)
  assert.match(gateway.metrics(), /table_current 1\n/)
})

test('a changed file is noticed, and so is one that the table names', async (context) => {
  const { write, status, said, messages, keysFile } = await setUp(context, 5)
  write('/two')
  await said('route table loaded')
  assert.equal(await status('/two'), 200)
  messages.length = 0
  writeFileSync(keysFile, '{"keys":[]}')
  await said('route table loaded')
  assert.equal(await status('/two'), 401)
})

test('a table that cannot be read or used stops the start, with the line', async (context) => {
  const issuer = await localIssuer(context)
  const table = (part: object, route: object = {}) =>
    startGateway({
      routes: {
        text: JSON.stringify(
          { issuers: [{ issuer: issuer.issuer, ...part }], audience, routes: [{ path: '/', scopes: [], ...route }] },
          null,
          2,
        ),
      },
      environment: {},
    })
  const introspection = { clientId: 'gateway', clientSecret: { env: 'NOT_SET' } }
  const cases: readonly (readonly [Promise<unknown>, RegExp])[] = [
    [
      startGateway({ routes: { file: '/nowhere/routes.yaml' } }),
      /^\/nowhere\/routes\.yaml, line 1: the file cannot be read \(ENOENT\)/,
    ],
    [table({ introspection }), /^routes\.yaml, line 3: the issuer http.*: the environment variable NOT_SET is not set/],
    [
      table({ introspection: { ...introspection, clientSecret: { file: 'nowhere' } } }),
      /the file .*nowhere cannot be read/,
    ],
    [table({ keys: { jwksFile: 'nowhere.json' } }), /the file .*nowhere\.json cannot be read/],
    [table({ issuer: 'http://issuer.example' }), /line \d+: "\* \/": .*must be https/],
    [table({ keys: { jwksUri: 'http://issuer.example/keys' } }), /must be https/],
    [table({ algorithms: ['HS256'] }), /HS256 is not an asymmetric signature algorithm/],
    [table({ algorithms: ['none'] }), /none is not an asymmetric/],
    [table({ verification: 'introspection' }), /needs introspection/],
    [table({}, { verification: 'by-format' }), /needs introspection/],
    [table({}, { swap: 'jwt' }), /swap needs an issuer that is asked by introspection/],
    [table({ audiences: ['https://other.test'] }), /no issuer may issue tokens for https:\/\/api-a\.test/],
  ]
  for (const [starting, message] of cases) {
    await assert.rejects(
      starting,
      (error) => error instanceof TableError && message.test(error.message),
      String(message),
    )
  }
})

test('an issuer is believed for its audiences only', async (context) => {
  const one = await localIssuer(context)
  const other = await localIssuer(context)
  const gateway = await startGateway({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: one.issuer }, { issuer: other.issuer, audiences: ['https://other.test'] }],
        routes: [
          { path: '/a', audience, scopes: [] },
          { path: '/b', audience: 'https://other.test', scopes: [] },
        ],
      }),
    },
    currentTime: () => start * 1000,
  })
  context.after(() => gateway.close({ timeout: 0 }))
  const status = async (target: string, token: string) => {
    const headers = { 'X-Original-Method': 'GET', 'X-Original-URI': target, Authorization: `Bearer ${token}` }
    return (await ask(gateway.url, { path: '/nginx', headers })).status
  }
  assert.equal(await status('/a', await one.sign()), 200)
  assert.equal(await status('/a', await other.sign()), 401)
  assert.equal(await status('/b', await other.sign({ aud: 'https://other.test' })), 200)
})
