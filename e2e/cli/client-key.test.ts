import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { issue } from '../../packages/server/test/certificates.ts'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine()
const { run, json, directory } = mintmark
const issuer = `${mintmark.server.publicUrl}/acme/payments`
await json(['tenant', 'create', 'acme'])
await json('workspace create acme/payments')
await json('api create orders --audience https://orders.example --scope orders:read')
await json('client create billing --capability client_credentials --permit orders:orders:read --default orders:read')
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const askForToken = (file: string) =>
  run(['token', 'get', 'billing', '--issuer', issuer, '--client-key-file', join(directory, file)])

test('a key is made on this machine, and its public part alone is registered', async () => {
  const made = await run('client-key generate billing --out-file billing.jwk', { cwd: directory })
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stderr, /mintmark client update billing --auth-method private_key_jwt/)
  const file = join(directory, 'billing.jwk')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const { d } = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(d && !`${made.stdout}${made.stderr}`.includes(d))
  assert.equal((await askForToken('billing.jwk')).code, 4)
  await json('client update billing --auth-method private_key_jwt')
  const token = await askForToken('billing.jwk')
  assert.equal(token.code, 0, token.stderr)
  assert.match(token.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const again = await run('client-key generate billing --out-file billing.jwk', { cwd: directory })
  assert.equal(again.code, 1)
  assert.match(again.stderr, /there is such a file already/)
  const list = await json<{ id: string }[]>('client-key list billing')
  assert.equal(list.length, 1, 'nothing is registered when the file cannot be written')
})

test('public keys are added as JWK, as PEM and by their URI, ended and removed', async () => {
  writeFileSync(join(directory, 'pub.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
  writeFileSync(join(directory, 'pem.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })))
  const added = await json<{ id: string; algorithm: string }>(
    `client-key add billing --expires 90d --key-file ${join(directory, 'pub.pem')}`,
  )
  assert.equal(added.algorithm, 'ES256')
  assert.equal((await askForToken('pem.jwk')).code, 0)
  assert.match((await run('client-key list billing')).stdout, /^KEY +TYPE +KNOWN BY +STATE/)
  assert.equal((await run(`client-key remove billing ${added.id}`)).code, 2)
  assert.equal((await run(`client-key remove billing ${added.id} --yes`)).code, 0)
  assert.equal((await askForToken('pem.jwk')).code, 4)
  const { stdin } = { stdin: JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'mine' }) }
  assert.equal((await run('client-key add billing --key-file -', { stdin })).code, 0)
  await json('client create partner --capability client_credentials --auth-method private_key_jwt')
  const set = await json<{ uri: string }>('client-key add partner --jwks-uri https://partner.example/jwks.json')
  assert.equal(set.uri, 'https://partner.example/jwks.json')
  assert.equal((await run('client-key add partner --jwks-uri http://partner.example/jwks.json')).code, 1)
})

test('a private key is never sent, and two sources exclude each other', async () => {
  writeFileSync(join(directory, 'private.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  for (const name of ['private.pem', 'pem.jwk']) {
    const refused = await run(`client-key add billing --key-file ${join(directory, name)}`)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /holds a private key/)
  }
  writeFileSync(join(directory, 'none.txt'), 'hello')
  assert.equal((await run(`client-key add billing --key-file ${join(directory, 'none.txt')}`)).code, 1)
  assert.equal((await run('client-key add billing')).code, 2)
  assert.equal((await run('client-key add billing --key-file x --jwks-uri https://x.example/')).code, 2)
  assert.equal((await run('client-key generate billing')).code, 2)
})

test('a certificate is added as a key, and its private key is never sent', async () => {
  const certificate = await issue({ subject: 'CN=daemon' })
  writeFileSync(join(directory, 'daemon.crt'), certificate.cert)
  writeFileSync(join(directory, 'daemon.pem'), certificate.cert + certificate.key)
  const file = join(directory, 'daemon.crt')
  const made = await run(['client-key', 'add', 'billing', '--certificate-file', file])
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /^algorithm +ES256\ncertificate +CN=daemon$/m)
  const refused = await run(['client-key', 'add', 'billing', '--certificate-file', join(directory, 'daemon.pem')])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /holds a private key/)
  assert.equal((await run(['client-key', 'add', 'billing', '--key-file', file, '--certificate-file', file])).code, 2)
  assert.equal((await run(['client-key', 'add', 'billing', '--key-file', file, '--algorithm', 'ES256'])).code, 2)
})

test('a client rolls its key over, and an administrator sees and lifts a freeze', async () => {
  await json(
    'client create roller --capability client_credentials --capability key_rollover --auth-method private_key_jwt --permit orders:orders:read --default orders:read',
  )
  assert.equal((await run('client-key generate roller --out-file roller.jwk', { cwd: directory })).code, 0)
  const file = join(directory, 'roller.jwk')
  const copy = join(directory, 'copy.jwk')
  writeFileSync(copy, readFileSync(file), { mode: 0o600 })
  const roll = (path: string) => run(['client-key', 'roll', 'roller', '--issuer', issuer, '--client-key-file', path])
  const rolled = await roll(file)
  assert.equal(rolled.code, 0, rolled.stderr)
  assert.equal(rolled.stdout.trim(), JSON.parse(readFileSync(file, 'utf8')).kid)
  const ask = () => run(['token', 'get', 'roller', '--issuer', issuer, '--client-key-file', file])
  assert.equal((await ask()).code, 0)
  const states = async () => (await run('client-key list roller')).stdout
  assert.match(await states(), / live /)
  assert.match(await states(), / draining /)
  assert.equal((await roll(copy)).code, 4)
  assert.equal((await ask()).code, 4)
  assert.match(await states(), / frozen /)
  assert.doesNotMatch(await states(), / live | draining /)
  const keys = await json<{ id: string; kid: string }[]>('client-key list roller')
  const { id } = keys.find(({ kid }) => kid === rolled.stdout.trim()) ?? { id: '' }
  assert.equal((await run(`client-key unfreeze roller ${id}`)).code, 2)
  assert.equal((await run(`client-key unfreeze roller ${id} --yes`)).code, 0)
  assert.equal((await ask()).code, 0)
  assert.equal((await run(['client-key', 'roll', 'roller', '--issuer', issuer])).code, 2)
})
