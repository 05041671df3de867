import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { generate } from 'selfsigned'
import { tokenAnswer } from '../../test/local-source.ts'
import { TokenError } from '../errors.ts'
import { tokenSource } from '../token-source.ts'
import { fetchOverTls } from './fetch-over-tls.ts'
import { certificateFromFiles, mutualTls } from './mutual-tls.ts'

const make = async (name: string) => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  })
  return { cert, key }
}
const [server, first, second] = [await make('localhost'), await make('first'), await make('second')]

type Seen = { readonly url: string; readonly client: string | undefined; readonly body: string }

/** A server that asks for certificates; its metadata is for an issuer that has an alias for them on the same server. */
const listen = async (context: TestContext) => {
  const seen: Seen[] = []
  const listener = createServer(
    { ...server, requestCert: true, rejectUnauthorized: false },
    async (request, response) => {
      let body = ''
      for await (const part of request) body += part
      const client = String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? '') || undefined
      seen.push({ url: request.url ?? '', client, body })
      const issuer = `https://localhost:${(listener.address() as AddressInfo).port}`
      const answer = request.url?.startsWith('/.well-known')
        ? { issuer, token_endpoint: `${issuer}/plain`, mtls_endpoint_aliases: { token_endpoint: `${issuer}/mtls` } }
        : tokenAnswer(seen.length).body
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    },
  )
  await new Promise<void>((resolve) => listener.listen(0, 'localhost', resolve))
  context.after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  return { seen, issuer: `https://localhost:${(listener.address() as AddressInfo).port}` }
}

const plain = fetchOverTls(new Agent({ ca: server.cert }))
const sourceOf = (place: { issuer: string } | { tokenEndpoint: string }, options: Parameters<typeof mutualTls>[0]) =>
  tokenSource({ ...place, clientId: 'billing', credential: mutualTls({ ca: server.cert, ...options }), fetch: plain })
const codeOf = (code: string) => (error: unknown) => {
  assert.ok(error instanceof TokenError && error.code === code, inspect(error))
  for (const { key } of [first, second]) assert.ok(!inspect(error, { depth: 9 }).includes(key.split('\n')[1] ?? ''))
  return true
}

test('the certificate goes to the endpoint that metadata names for it, and nowhere else', async (context) => {
  const { seen, issuer } = await listen(context)
  const { value } = await sourceOf({ issuer }, { certificate: first }).token()
  assert.match(value, /^token-/)
  assert.deepEqual(seen.at(-1), {
    url: '/mtls',
    client: 'first',
    body: 'grant_type=client_credentials&client_id=billing',
  })
  for (const { url, client } of seen.slice(0, -1))
    assert.deepEqual([url.startsWith('/.well-known'), client], [true, undefined])
})

test('a client of another credential goes to the endpoint as before', async (context) => {
  const { seen, issuer } = await listen(context)
  await tokenSource({ issuer, clientId: 'billing', credential: 's', fetch: plain }).token()
  assert.deepEqual([seen.at(-1)?.url, seen.at(-1)?.client], ['/plain', undefined])
})

test('an endpoint that is named takes it as well; one without TLS is refused before anything is sent', async (context) => {
  const { seen, issuer } = await listen(context)
  await sourceOf({ tokenEndpoint: `${issuer}/token` }, { certificate: async () => second }).token()
  assert.deepEqual([seen.at(-1)?.url, seen.at(-1)?.client], ['/token', 'second'])
  const http = sourceOf({ tokenEndpoint: 'http://127.0.0.1:9/token' }, { certificate: first })
  await assert.rejects(http.token(), codeOf('insecure_url'))
})

test('a server that is not trusted gets neither request nor certificate', async (context) => {
  const { seen, issuer } = await listen(context)
  const source = sourceOf({ tokenEndpoint: `${issuer}/token` }, { certificate: first, ca: first.cert })
  await assert.rejects(source.token(), codeOf('untrusted_certificate'))
  assert.deepEqual(seen, [])
})

test('files that are replaced are used from the next request on, and never a key of another certificate', async (context) => {
  const { seen, issuer } = await listen(context)
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-certificate-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const files = { certFile: join(directory, 'client.crt'), keyFile: join(directory, 'client.key') }
  const write = ({ cert, key }: Partial<typeof first>) => {
    if (cert !== undefined) writeFileSync(files.certFile, cert)
    if (key !== undefined) writeFileSync(files.keyFile, key)
  }
  const certificate = certificateFromFiles(files)
  const ask = () => sourceOf({ tokenEndpoint: `${issuer}/token` }, { certificate }).token()
  await assert.rejects(ask(), codeOf('secret_unavailable'))
  write({ cert: first.cert, key: second.key })
  await assert.rejects(ask(), codeOf('secret_unavailable'))
  write(first)
  await ask()
  write({ cert: second.cert })
  await ask()
  write(second)
  await ask()
  assert.deepEqual(
    seen.map(({ client }) => client),
    ['first', 'first', 'second'],
  )
})

test('what is no certificate is refused at once, or when it is asked for', async () => {
  for (const certificate of [undefined, {}, { cert: first.cert }, { cert: '', key: first.key }]) {
    assert.throws(() => mutualTls({ certificate: certificate as never }), codeOf('invalid_configuration'))
  }
  const place = { tokenEndpoint: 'https://localhost:9/token' }
  const failing = async () => {
    throw new Error(first.key)
  }
  for (const certificate of [failing, async () => ({ cert: 'x' }) as never]) {
    await assert.rejects(sourceOf(place, { certificate }).token(), codeOf('secret_unavailable'))
  }
  assert.ok(!inspect(mutualTls({ certificate: first }), { depth: 9 }).includes('PRIVATE'))
})
