import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { tokenSource } from '@mintmark/client'
import { foundDemo } from '../durability/found-demo.ts'
import { startForGuide } from '../guides/guide-server.ts'
import { type Program, startProgram, startServerProcess, temporaryDirectory } from '../process/server-process.ts'

const weather = 'https://weather.example'

/** An issuer with an API of opaque tokens, and a table for it in a file. */
const setUp = async (context: TestContext) => {
  const server = await startForGuide(context)
  const place = { tenant: 'acme', workspace: 'weather' }
  await server.admin.createTenant({ id: 'acme' })
  await server.admin.createWorkspace({ tenant: 'acme', id: 'weather' })
  await server.admin.createApi(place, {
    id: 'weather',
    audience: weather,
    tokenFormat: 'opaque',
    scopes: [{ name: 'weather:read' }],
  })
  const clients = [
    {
      id: 'website',
      capabilities: ['client_credentials'],
      permissions: [{ api: 'weather', scopes: ['weather:read'] }],
    },
    { id: 'gateway', capabilities: ['introspection'], introspects: ['weather'] },
  ] as const
  for (const client of clients) {
    await server.admin.createClient(place, {
      ...client,
      secret: { type: 'chosen', value: `secret-of-${client.id}-1234567890` },
    } as never)
  }
  const issuer = `${server.publicUrl}/acme/weather`
  const directory = temporaryDirectory(context)
  const file = join(directory, 'routes.yaml')
  writeFileSync(join(directory, 'secret'), 'secret-of-gateway-1234567890\n')
  const write = (route: string) =>
    writeFileSync(
      file,
      `issuers:
  - issuer: ${issuer}
    introspection: { clientId: gateway, clientSecret: { file: secret }, maximumAge: 0 }
audience: ${weather}
routes:
  - path: ${route}
    scopes: [weather:read]
    swap: jwt
`,
    )
  write('/forecast')
  const source = tokenSource({
    issuer,
    clientId: 'website',
    credential: 'secret-of-website-1234567890',
    scope: 'weather:read',
  })
  return { server, issuer, file, write, token: async () => (await source.token()).authorization }
}

/** What a program says when it is ready; fails when it ends before. */
const saying = async (program: Program, pattern: RegExp): Promise<string> => {
  let over = false
  const ended = program.exited.then(() => {
    over = true
  })
  while (!over) {
    const found = pattern.exec(program.output())
    if (found !== null) return found[1] ?? ''
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10))])
  }
  throw new Error(`it ended before:\n${program.output()}`)
}

const claimsOf = (authorization: string | null): Readonly<Record<string, unknown>> => {
  const [, payload = ''] = (authorization ?? '').split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>
}

test('mintmark gateway verifies, swaps, sees revocations, reloads at SIGHUP and ends at SIGTERM', async (context) => {
  const { issuer, file, write, token } = await setUp(context)
  const program = startProgram(context, ['gateway', '--routes', file, '--listen', '127.0.0.1:0', '--for', 'nginx'])
  const url = await saying(program, /mintmark gateway is ready: (\S+)/)
  const authorization = await token()
  assert.match(authorization, /^Bearer mmk_at_/)
  const question = (target: string) =>
    fetch(`${url}/nginx`, {
      headers: { 'X-Original-Method': 'GET', 'X-Original-URI': target, Authorization: authorization },
    })
  const passed = await question('/forecast')
  assert.equal(passed.status, 200)
  assert.equal(passed.headers.get('x-mintmark-client-id'), 'website')
  const claims = claimsOf(passed.headers.get('authorization'))
  assert.equal(claims.iss, issuer)
  assert.equal(claims.aud, weather)
  assert.equal(String(claims.exp), passed.headers.get('x-mintmark-expires'))

  write('/moved')
  program.signal('SIGHUP')
  await saying(program, /(route table loaded)/)
  assert.equal((await question('/forecast')).status, 403)
  assert.equal((await question('/moved')).status, 200)
  writeFileSync(file, 'routes: []')
  program.signal('SIGHUP')
  await saying(program, /(route table refused)/)
  assert.equal((await question('/moved')).status, 200)

  const revoked = await fetch(`${issuer}/oauth2/revoke`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('website:secret-of-website-1234567890')}` },
    body: new URLSearchParams({ token: authorization.slice('Bearer '.length) }),
  })
  assert.equal(revoked.status, 200)
  const dead = await question('/moved')
  assert.equal(dead.status, 401)
  assert.match(dead.headers.get('www-authenticate') ?? '', /error="invalid_token"/)

  program.signal('SIGTERM')
  assert.deepEqual(await program.exited, { code: 0, signal: null })
  const output = program.output()
  assert.ok(!output.includes(authorization.slice('Bearer '.length)))
  assert.ok(!output.includes('secret-of-gateway'))
  assert.ok(output.includes(dead.headers.get('mintmark-reference') ?? 'none'))
})

test('mintmark proxy stands in front of an API that is not modified', async (context) => {
  const { file, token } = await setUp(context)
  const api = createServer((request, response) => response.end(JSON.stringify(request.headers)))
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  context.after(() => new Promise<void>((resolve) => api.close(() => resolve())))
  const upstream = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const flags = ['--routes', file, '--upstream', upstream, '--listen', '127.0.0.1:0', '--operations', '127.0.0.1:0']
  const program = startProgram(context, ['proxy', ...flags])
  const url = await saying(program, /mintmark proxy is ready: ([^\s,]+), operations \S+/)
  const operations = await saying(program, /operations (\S+)/)

  assert.equal((await fetch(`${url}/forecast`)).status, 401)
  assert.equal((await fetch(`${url}/health/live`)).status, 403)
  const answer = await fetch(`${url}/forecast`, {
    headers: { Authorization: await token(), 'X-Mintmark-Subject': 'admin' },
  })
  assert.equal(answer.status, 200)
  const seen = (await answer.json()) as Readonly<Record<string, string>>
  assert.equal(seen['x-mintmark-subject'], 'website')
  assert.equal(claimsOf(seen.authorization ?? null).client_id, 'website')
  assert.equal((await fetch(`${operations}/health/ready`)).status, 200)
  assert.match(await (await fetch(`${operations}/metrics`)).text(), /asker="proxy",status="200",check="passed"\} 1/)
  program.signal('SIGTERM')
  assert.equal((await program.exited).code, 0)
})

test('mintmark proxy speaks TLS to its callers and to the API, and takes a new certificate when there is one', async (context) => {
  // The API is a server with a certificate of its own, which the proxy shows too.
  const first = await startForGuide(context, 'dev')
  const directory = temporaryDirectory(context)
  const [cert, key, file] = ['cert.pem', 'key.pem', 'routes.yaml'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const take = ({ dataDirectory }: typeof first) => {
    copyFileSync(join(dataDirectory, 'tls-cert.pem'), cert)
    copyFileSync(join(dataDirectory, 'tls-key.pem'), key)
  }
  take(first)
  writeFileSync(file, 'issuers: []\nroutes:\n  - { path: /**, public: true }\n')
  const flags = [
    '--upstream',
    first.publicUrl,
    '--listen',
    '127.0.0.1:0',
    '--operations',
    'none',
    '--tls-cert',
    cert,
    '--tls-key',
    key,
  ]
  const program = startProgram(context, ['proxy', '-f', file, ...flags], { NODE_EXTRA_CA_CERTS: first.caFile ?? '' })
  const url = await saying(program, /mintmark proxy is ready: (https:[^\s,]+)/)
  const port = Number(new URL(url).port)
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
        socket.destroy()
      }).on('error', reject)
    })
  const answer = await fetch(`https://localhost:${port}/default/nowhere`)
  assert.deepEqual([answer.status, await answer.json()], [404, { error: 'not_found' }])
  const before = await shown()

  writeFileSync(key, 'no key')
  program.signal('SIGHUP')
  await saying(program, /(certificate refused, the one in use stays)/)
  assert.equal(await shown(), before)
  take(await startForGuide(context, 'dev'))
  program.signal('SIGHUP')
  for (let now = before; now === before; ) now = await shown()
  program.signal('SIGTERM')
  assert.equal((await program.exited).code, 0)
})

test('mintmark serve verifies for gateways beside itself, without going over the network', async (context) => {
  const directory = temporaryDirectory(context)
  // Nobody answers under this name: what the verifier asks stays in the process.
  const publicUrl = 'https://tokens.test/auth'
  const { secrets } = await foundDemo(directory, { MINTMARK_URL: publicUrl })
  const file = join(directory, 'routes.yaml')
  writeFileSync(
    file,
    `issuers:
  - issuer: ${publicUrl}/default/demo
    introspection: { clientId: weather-api, clientSecret: { env: SECRET } }
audience: ${weather}
routes:
  - { path: /forecast, scopes: [weather:read] }
`,
  )
  const gateway = { MINTMARK_GATEWAY_ROUTES: file, MINTMARK_GATEWAY_PORT: '0', MINTMARK_URL: publicUrl }
  const server = await startServerProcess(context, directory, { ...gateway, SECRET: secrets?.['weather-api'] ?? '' })
  const url = await saying(server, /, (http:\S+) \(gateways\)/)

  const question = (headers: Readonly<Record<string, string>>) =>
    fetch(`${url}/traefik`, { headers: { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/forecast', ...headers } })
  assert.equal((await question({})).status, 401)
  assert.equal((await question({ Authorization: 'Bearer mmk_at_none' })).status, 401)
  // An introspection that reached nobody would be 503.
  assert.equal((await question({ Authorization: 'Bearer opaque-of-somebody' })).status, 401, server.output())
  server.signal('SIGTERM')
  assert.equal((await server.exited).code, 0)
})

test('a bad table stops the start with the line and exit code 78, and no port is open', async (context) => {
  const directory = temporaryDirectory(context)
  const file = join(directory, 'routes.yaml')
  writeFileSync(file, 'issuers: []\nroutes:\n  - path: /a//b\n    public: true\n')
  const commands: readonly (readonly string[])[] = [
    ['gateway', '--routes', file],
    ['gateway', 'check', '-f', file],
    ['gateway', 'test', '-f', file, 'GET', '/'],
    ['proxy', '--routes', file, '--upstream', 'http://127.0.0.1:9'],
    ['serve', '--data-dir', directory, '--gateway-routes', file],
    ['dev', '--data-dir', directory, '--gateway-routes', file],
  ]
  for (const command of commands) {
    const program = startProgram(context, command)
    assert.equal((await program.exited).code, 78, command.join(' '))
    assert.match(program.output(), /^mintmark: .*routes\.yaml, line 3: no request can have the path "\/a\/\/b"/)
    assert.ok(!program.output().includes('ready'))
  }
})

test('what is unsafe needs to be said', async (context) => {
  const file = join(temporaryDirectory(context), 'routes.yaml')
  writeFileSync(file, 'issuers: []\nroutes:\n  - path: /\n    public: true\n')
  const cases: readonly (readonly [readonly string[], RegExp, number])[] = [
    [['gateway'], /which route table\? --routes FILE/, 2],
    [['gateway', '-f', file, '--listen', '0.0.0.0:0'], /name the gateways' addresses with --peers/, 2],
    [['gateway', '-f', file, '--peers', 'everybody'], /everybody is neither an address nor a range/, 2],
    [['gateway', '-f', file, '--for', 'apache'], /--for apache: there are nginx, traefik, caddy, envoy, haproxy/, 2],
    [['gateway', '-f', file, '--listen', '6752'], /--listen must be HOST:PORT/, 2],
    [['proxy', '-f', file], /where is the API\? --upstream URL/, 2],
    [['proxy', '-f', file, '--upstream', 'http://192.0.2.1'], /unencrypted beyond this machine/, 2],
    [
      ['proxy', '-f', file, '--upstream', 'http://127.0.0.1:9', '--listen', '0.0.0.0:0'],
      /use --tls-cert and --tls-key/,
      2,
    ],
    [['proxy', '-f', file, '--upstream', 'http://127.0.0.1:9/api'], /is not an http or https URL without a path/, 2],
    [['gateway', 'test', '-f', file], /what to test is METHOD PATH/, 2],
    [['gateway', 'test', '-f', file, 'GET', '/a'], /refused +unknown-route/, 1],
  ]
  for (const [args, message, code] of cases) {
    const program = startProgram(context, args)
    assert.equal((await program.exited).code, code, args.join(' '))
    assert.match(program.output(), message)
  }
})
