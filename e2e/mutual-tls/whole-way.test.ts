import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { tokenSource } from '@mintmark/client'
import { certificateFromFiles, mutualTls } from '@mintmark/client/node'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { authority, type Issued, issue } from '../../packages/server/test/certificates.ts'
import { startServerWithCommandLine } from '../cli/command-line.ts'

// A client with a certificate, from its registration by the command line to the API that lets it in.

const run = promisify(execFile)
const root = await issue({ subject: 'CN=Root', extensions: authority() })
const own = await issue({ subject: 'CN=billing,O=Acme', by: root })
const other = await issue({ subject: 'CN=other,O=Acme', by: root })
const apiCertificate = await issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] })

const mintmark = await startServerWithCommandLine({
  MINTMARK_TLS: 'dev',
  MINTMARK_MTLS: 'true',
  MINTMARK_MTLS_PORT: '0',
})
const { directory, json, server } = mintmark
const caFile = join(directory, 'tls-cert.pem')
setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')])
const issuer = `${server.publicUrl}/acme/payments`
const fileOf = (name: string) => join(directory, name)
const write = (name: string, { cert, key }: Issued) => {
  writeFileSync(fileOf(`${name}.crt`), cert)
  writeFileSync(fileOf(`${name}.key`), key)
}
write('root', root)
write('own', own)
write('other', other)

await json('tenant create acme')
await json('workspace create acme/payments')
await json('api create orders --audience https://orders.example --scope orders:read')
await json(
  'client create billing --capability client_credentials --permit orders:orders:read --default orders:read --auth-method tls_client_auth --certificate-bound yes',
)
const askForToken = (name: string) =>
  mintmark.run([
    ...['token', 'get', 'billing', '--issuer', issuer],
    ...['--client-certificate-file', fileOf(`${name}.crt`), '--client-certificate-key-file', fileOf(`${name}.key`)],
  ])

test('the command line registers who is trusted and by what name, and gets a token with the certificate', async () => {
  assert.equal((await askForToken('own')).code, 4)
  const anchored = await mintmark.run(`workspace update acme/payments --trust-anchors ${fileOf('root.crt')}`)
  assert.equal(anchored.code, 0, anchored.stderr)
  assert.match(anchored.stdout, /trust anchors +CN=Root/)
  const added = await mintmark.run(['client-certificate', 'add', 'billing', '--subject-dn', 'CN=billing, O=Acme'])
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stdout, /subject-dn +CN=billing,O=Acme/)
  const token = await askForToken('own')
  assert.equal(token.code, 0, token.stderr)
  assert.match(token.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  assert.equal((await askForToken('other')).code, 4)
  assert.match(
    (await mintmark.run('client-key list billing')).stdout,
    /certificate-subject +subject-dn CN=billing,O=Acme/,
  )
})

test('a certificate by itself, moved to and away from; private keys are never sent', async () => {
  const added = await json<{ id: string; digest: string }>(
    `client-certificate add billing --certificate-file ${fileOf('other.crt')}`,
  )
  assert.match(added.digest, /^[\w-]{43}$/)
  await json('client update billing --auth-method tls_client_auth --auth-method self_signed_tls_client_auth')
  assert.equal((await askForToken('other')).code, 0)
  await json(`client-key remove billing ${added.id} --yes`)
  assert.equal((await askForToken('other')).code, 4)
  for (const line of [
    `client-certificate add billing --certificate-file ${fileOf('own.key')}`,
    `workspace update acme/payments --trust-anchors ${fileOf('own.key')}`,
  ]) {
    const refused = await mintmark.run(line)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /holds a private key/)
  }
  for (const line of ['', '--san-dns a.example --san-uri a:b', '--thumbprint x --subject-dn CN=a']) {
    assert.equal((await mintmark.run(`client-certificate add billing ${line}`)).code, 2)
  }
  const half = `token get billing --issuer ${issuer} --client-certificate-file ${fileOf('own.crt')}`
  assert.equal((await mintmark.run(half)).code, 2)
})

test('curl gets a token at the endpoint that metadata names', async () => {
  const metadata = (await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()) as {
    readonly mtls_endpoint_aliases: { readonly token_endpoint: string }
  }
  const { stdout } = await run('curl', [
    ...['--silent', '--fail-with-body', '--cacert', caFile, '--cert', fileOf('own.crt'), '--key', fileOf('own.key')],
    ...['--data', 'grant_type=client_credentials&client_id=billing', metadata.mtls_endpoint_aliases.token_endpoint],
  ])
  assert.equal(JSON.parse(stdout).token_type, 'Bearer')
})

test('our client gets a bound token, and the API lets it in with the certificate and with no other', async () => {
  const certificate = certificateFromFiles({ certFile: fileOf('own.crt'), keyFile: fileOf('own.key') })
  const credential = mutualTls({ certificate, ca: readFileSync(caFile, 'utf8') })
  const source = tokenSource({ issuer, clientId: 'billing', credential })
  const checks: (string | undefined)[] = []
  const api = protect({
    issuer,
    audience: 'https://orders.example',
    certificates: 'connection',
    onRefusal: ({ check }) => checks.push(check),
  })
  const listener = createServer(
    { cert: apiCertificate.cert, key: apiCertificate.key, requestCert: true, rejectUnauthorized: false },
    requireToken(api, ['orders:read'], (_request, response) => void response.end('orders')),
  ).listen(0, 'localhost')
  await once(listener, 'listening')
  after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  const { value } = await source.token()
  const call = (identity: { readonly cert?: string; readonly key?: string }) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`https://localhost:${(listener.address() as AddressInfo).port}/`, {
        headers: { authorization: `Bearer ${value}` },
        agent: false,
        ca: apiCertificate.cert,
        ...identity,
      })
        .on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)))
        .on('error', reject)
        .end()
    })
  const only = ({ cert, key }: Issued) => ({ cert, key })
  assert.deepEqual([await call(only(own)), await call(only(other)), await call({})], [200, 401, 401])
  assert.deepEqual(checks, ['certificate', 'certificate-present'])
})
