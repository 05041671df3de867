import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tokenSource } from '@mintmark/client'
import { federatedToken } from '@mintmark/client/federation'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine()
const { run, json, directory } = mintmark
const audience = `${mintmark.server.publicUrl}/acme/payments`
const issuer = 'https://kubernetes.default.svc.cluster.local'
await json(['tenant', 'create', 'acme'])
await json('workspace create acme/payments')
await json('api create orders --audience https://orders.example --scope orders:read')
await json('client create invoices --capability client_credentials --permit orders:orders:read --default orders:read')
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwksFile = join(directory, 'jwks.json')
writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'Xk3', use: 'sig' }] }))

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (namespace: string): string => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: [audience],
    iss: issuer,
    iat: now,
    exp: now + 3600,
    sub: `system:serviceaccount:${namespace}:invoices`,
    'kubernetes.io': { namespace },
  }
  const input = `${encode({ alg: 'RS256', kid: 'Xk3' })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

test('a cluster is trusted, a service account becomes a client, and a token says which', async () => {
  const trust = await run(`trust create cluster --issuer ${issuer} --jwks-file ${jwksFile} --max-lifetime 2h`)
  assert.equal(trust.code, 0, trust.stderr)
  assert.match(trust.stdout, /uploaded: Xk3/)
  const before = await run('trust test -', { stdin: tokenOf('billing') })
  assert.equal(before.code, 1)
  assert.match(before.stdout, /nobody/)
  const added = await run(
    'federation add invoices --trust cluster --match sub=system:serviceaccount:billing:invoices --match /kubernetes.io/namespace~=bill*',
  )
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stderr, /mintmark client update invoices --auth-method federated/)
  assert.match((await run('trust test -', { stdin: tokenOf('billing') })).stdout, /authentication methods/)
  await json('client update invoices --auth-method federated')
  const after = await run('trust test -', { stdin: tokenOf('billing') })
  assert.equal(after.code, 0, after.stderr)
  assert.match(after.stdout, /client invoices/)
  const other = await run('trust test -', { stdin: tokenOf('staging') })
  assert.equal(other.code, 1)
  assert.match(other.stdout, /no {2}\/kubernetes\.io\/namespace~=bill\*, found "staging"/)
  const answer = await fetch(`${audience}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: tokenOf('billing'),
    }),
  })
  assert.equal(answer.status, 200)
  const platformFile = join(directory, 'token')
  writeFileSync(platformFile, `${tokenOf('billing')}\n`)
  const got = await run(['token', 'get', 'invoices', '--issuer', audience, '--platform-token-file', platformFile])
  assert.equal(got.code, 0, got.stderr)
  assert.match(got.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const source = tokenSource({
    issuer: audience,
    clientId: 'invoices',
    credential: federatedToken({ token: () => tokenOf('billing') }),
  })
  assert.deepEqual((await source.token()).scopes, ['orders:read'])
  const [one] = await json<{ id: string; lastUsed?: object }[]>('federation list invoices')
  assert.equal((await run(`federation remove invoices ${one?.id} --yes`)).code, 0)
  assert.equal((await run('trust test -', { stdin: tokenOf('billing') })).code, 1)
})

test('matchers of every kind are read, wrong ones are not', async () => {
  await json('trust create any --issuer https://any.example')
  const matchers = ['sub=a=b', 'n:=7', 'yes:=true', 'text:="7"', 'ref^=refs/heads/', 'env~=prod*']
  const added = await json<{ match: unknown }>([
    'federation',
    'add',
    'invoices',
    '--trust',
    'any',
    ...matchers.flatMap((one) => ['--match', one]),
  ])
  assert.deepEqual(added.match, [
    { claim: 'sub', equals: 'a=b' },
    { claim: 'n', equals: 7 },
    { claim: 'yes', equals: true },
    { claim: 'text', equals: '7' },
    { claim: 'ref', prefix: 'refs/heads/' },
    { claim: 'env', glob: 'prod*' },
  ])
  assert.match((await run('federation list invoices')).stdout, /sub=a=b n:=7 yes:=true/)
  for (const wrong of ['sub', '=x', 'sub=', 'n:=[1]', 'n:=nope']) {
    assert.equal((await run(['federation', 'add', 'invoices', '--trust', 'any', '--match', wrong])).code, 2, wrong)
  }
  const warned = await run('federation add invoices --trust any --match sub=repo:octo-org/app:ref:refs/heads/main')
  assert.match(warned.stderr, /Take care: .*repository_owner_id/)
  const wide = await run('federation add invoices --trust any --match sub^=repo:octo-org/')
  assert.equal(wide.code, 1)
})

test('trusts are listed, changed, staged and deleted', async () => {
  assert.match((await run('trust list')).stdout, /^TRUST +ISSUER +KEYS/)
  const shown = await run('trust update cluster --single-use yes --audience a --audience b --disable')
  assert.equal(shown.code, 0, shown.stderr)
  assert.match((await run('trust show cluster')).stdout, /disabled/)
  assert.equal((await run('trust update cluster')).code, 2)
  assert.equal((await run('trust create x')).code, 2)
  assert.equal((await run(`trust create x --issuer https://x.example --discover --jwks-file ${jwksFile}`)).code, 2)
  const { id } = await json<{ id: string }>('change create')
  assert.equal((await run(`trust create staged --issuer https://x.example --change ${id}`)).code, 0)
  assert.equal((await run(`federation add invoices --trust staged --match sub=x --change ${id}`)).code, 0)
  assert.equal((await run(`trust update cluster --enable --change ${id}`)).code, 0)
  assert.equal((await run(`change commit ${id}`)).code, 0)
  const used = await run('trust delete staged --yes')
  assert.notEqual(used.code, 0)
  assert.match(used.stderr, /client invoices/)
  assert.equal((await run('trust delete cluster --yes')).code, 0)
})
