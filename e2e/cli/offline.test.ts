import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commandLine, temporaryDirectory } from './command-line.ts'

const { run, start, directory } = commandLine(temporaryDirectory())

test('without arguments and with help it lists every command, of the server and of its clients', async () => {
  const { code, stdout } = await run('')
  assert.equal(code, 0)
  for (const name of ['dev', 'serve', 'client', 'apply', 'audit']) assert.match(stdout, new RegExp(`^ +${name} `, 'm'))
  assert.equal((await run('help')).stdout, stdout)
  assert.match((await run('help serve')).stdout, /mintmark serve/)
  assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+/)
})

test('a mistyped command or flag ends with 2 and the nearest one', async () => {
  const command = await run('clinet list')
  assert.equal(command.code, 2)
  assert.equal(command.stdout, '')
  assert.equal(command.stderr, 'mintmark: there is no command "clinet"\n  did you mean "client"?\n')
  const flag = await run('client list --serach x')
  assert.equal(flag.code, 2)
  assert.match(flag.stderr, /unknown flag "--serach"\n {2}did you mean "--search"\?/)
})

test('without a server and a credential it ends with 78 and says what to do', async () => {
  const { code, stderr } = await run('client list')
  assert.equal(code, 78)
  assert.match(stderr, /no administrator credential in .*\n {2}start a server there/)
})

/** A port on which nothing listens. */
const unusedPort = async (): Promise<number> => {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}

test('a server that does not run is one line and a hint, and ends with 1', async () => {
  const other = join(directory, 'stopped')
  mkdirSync(other)
  const administrator = { adminUrl: `http://127.0.0.1:${await unusedPort()}`, clientId: 'cli', clientSecret: 'x' }
  writeFileSync(join(other, 'administrator.json'), JSON.stringify(administrator))
  const { code, stdout, stderr } = await run(['client', 'list', '--data-dir', other])
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^mintmark: http:\/\/127\.0\.0\.1:\d+ could not be reached \(ECONNREFUSED\)\n {2}is the server running there\?.*\n$/,
  )
})

test('a damaged credential file and half a credential end with 78', async () => {
  const other = join(directory, 'damaged')
  mkdirSync(other)
  writeFileSync(join(other, 'administrator.json'), '{"adminUrl"')
  assert.equal((await run(['whoami', '--data-dir', other])).code, 78)
  assert.equal((await run('whoami', { environment: { MINTMARK_ADMIN_CLIENT_ID: 'x' } })).code, 78)
})

test('a file that cannot be read ends with 1, one that is malformed with 78, each naming it', async () => {
  const administrator = {
    MINTMARK_ADMIN_URL: 'http://localhost:9',
    MINTMARK_ADMIN_CLIENT_ID: 'a',
    MINTMARK_ADMIN_CLIENT_SECRET: 'b',
  }
  const missing = await run('plan -f missing.yaml', { environment: administrator })
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /cannot read missing\.yaml: there is no such file/)
  writeFileSync(join(directory, 'twice.yaml'), 'workspace: a\nworkspace: b\n')
  const twice = await run('plan -f twice.yaml', { environment: administrator })
  assert.equal(twice.code, 78)
  assert.match(twice.stderr, /twice\.yaml, line 2: .*unique/)
  writeFileSync(join(directory, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00]))
  assert.match((await run('plan -f bytes.yaml', { environment: administrator })).stderr, /not text in UTF-8/)
  assert.equal((await run('plan', { environment: administrator })).code, 2)
})

test('a token is explained offline, from stdin and as an argument', async () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'none' })}.${part({ exp: 1, sub: '\u001b[2Jx' })}.`
  const { code, stdout } = await run('token inspect -', { stdin: `Bearer ${token}\n` })
  assert.equal(code, 0)
  assert.match(stdout, /exp +1 = 1970-01-01T00:00:01Z \(.* ago\)/)
  assert.match(stdout, /alg is none/)
  assert.ok(!stdout.includes('\u001b'))
  const asJson = await run(['token', 'inspect', token, '--json'])
  assert.equal(JSON.parse(asJson.stdout).format, 'jwt')
  assert.equal((await run('token inspect nonsense')).code, 1)
  assert.equal((await run('token inspect -')).code, 2)
})

test('Ctrl-C ends a command that waits with 130', async () => {
  const asked = Promise.withResolvers<void>()
  const silent = createServer(() => asked.resolve())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  after(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const { port } = silent.address() as AddressInfo
  const child = start('token get x', {
    environment: { MINTMARK_ISSUER: `http://127.0.0.1:${port}`, MINTMARK_CLIENT_SECRET: 'y' },
  })
  await asked.promise
  child.kill('SIGINT')
  const [code] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...ended) => resolve(ended)),
  )
  assert.equal(code, 130)
})

test('a reader that has had enough ends it quietly', async () => {
  const child = start('help')
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await new Promise<[number | null]>((resolve) => child.on('close', (ended) => resolve([ended])))
  assert.equal(stderr, '')
  assert.equal(code, 0)
})
