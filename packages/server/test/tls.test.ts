import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'
import { writeBasic } from '@mintmark/protocol'
import { createDevCertificate } from '../src/http/dev-certificate.ts'
import { TlsError } from '../src/http/tls.ts'
import { startTestServer, type TestServer } from './fixtures.ts'

type Answer = { readonly status: number | undefined; readonly body: Record<string, unknown> }

/** Over verified TLS: `ca` is all that is trusted. */
const call = (url: string, ca: string, options: object = {}, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

const handshake = (port: number, options: object): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...options }, () => resolve(socket))
    socket.on('error', reject)
  })

const trusted = (server: TestServer): string => readFileSync(server.caFile ?? '', 'utf8')
const portOf = (url: string): number => Number(new URL(url).port)
const dev = { tls: 'dev' } as const

const temporary = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-tls-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('with tls.mode dev both listeners speak TLS that a client with the certificate verifies', async (context) => {
  const server = await startTestServer(context, { settings: dev })
  assert.match(server.issuer, /^https:\/\/localhost:\d+\/acme\/cases$/)
  const answer = await call(
    `${server.issuer}/oauth2/token`,
    trusted(server),
    {
      method: 'POST',
      headers: {
        authorization: writeBasic('cb', server.secrets.cb ?? ''),
        'content-type': 'application/x-www-form-urlencoded',
      },
    },
    'grant_type=client_credentials',
  )
  assert.equal(answer.status, 200)
  assert.equal(answer.body.token_type, 'Bearer')
  const metadata = await call(`${server.adminUrl}/system/admin/.well-known/openid-configuration`, trusted(server))
  assert.equal(metadata.body.issuer, `${server.adminUrl}/system/admin`)
  await assert.rejects(call(`${server.issuer}/oauth2/token`, '', { ca: undefined }), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
})

test('the administrator credential names the certificate to trust, and its address stays true', async (context) => {
  const dataDirectory = temporary(context)
  const file = join(dataDirectory, 'administrator.json')
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  const first = await startTestServer(context, { settings: dev, dataDirectory })
  const written = read()
  assert.equal(written.caFile, join(dataDirectory, 'tls-cert.pem'))
  assert.equal(written.adminUrl, first.adminUrl)
  await first.close()
  const second = await startTestServer(context, { dataDirectory })
  assert.deepEqual(read(), {
    adminUrl: second.adminUrl,
    clientId: written.clientId,
    clientSecret: written.clientSecret,
  })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await second.close()
})

test('SEC-202: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, nothing older or weaker', async (context) => {
  const server = await startTestServer(context, { settings: dev })
  const port = portOf(server.publicUrl)
  const ca = trusted(server)
  const only = (version: SecureVersion, ciphers?: string) =>
    handshake(port, { ca, minVersion: version, maxVersion: version, ...(ciphers ? { ciphers } : {}) })
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await only(version)
    assert.equal(socket.getProtocol(), version)
    assert.match(socket.getCipher().name, /GCM/)
    socket.destroy()
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    await assert.rejects(only(version, 'ALL:@SECLEVEL=0'), /alert protocol version|unsupported protocol/)
  }
  const recommended = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384']
  for (const cipher of recommended) (await only('TLSv1.2', cipher)).destroy()
  // The last is strong enough, but not among what RFC 9325 §4.2 recommends, as FAPI 2.0 §5.2.2 demands.
  const others = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256', 'NULL']
  for (const cipher of [...others, 'ECDHE-ECDSA-CHACHA20-POLY1305']) {
    await assert.rejects(only('TLSv1.2', `${cipher}:@SECLEVEL=0`), /handshake failure/, cipher)
  }
})

test('SEC-202: a client cannot renegotiate', async (context) => {
  const server = await startTestServer(context, { settings: dev })
  const socket = await handshake(portOf(server.publicUrl), { ca: trusted(server), maxVersion: 'TLSv1.2' })
  const outcome = await new Promise<string>((resolve) => {
    socket.on('error', ({ message }) => resolve(message))
    socket.on('close', () => resolve('closed'))
    socket.renegotiate({}, (error) => resolve(error?.message ?? 'renegotiated'))
  })
  assert.match(outcome, /no renegotiation|closed/i)
  socket.destroy()
})

test('plain HTTP and garbage on a TLS port are ended at once, and the server goes on', async (context) => {
  const server = await startTestServer(context, { settings: dev })
  for (const sent of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\xff\xff\x01garbage', '\0'.repeat(600)]) {
    await new Promise<void>((resolve, reject) => {
      const socket = connectPlain(portOf(server.publicUrl), '127.0.0.1', () => socket.end(sent))
      socket.on('error', () => {}).on('close', () => resolve())
      socket.setTimeout(3000, () => reject(new Error(`left open after ${JSON.stringify(sent.slice(0, 20))}`)))
      socket.resume()
    })
  }
  const answer = await call(`${server.issuer}/.well-known/jwks.json`, trusted(server))
  assert.equal(answer.status, 200)
})

test('replaced certificate files are used for new connections without a restart; unusable ones are refused', async (context) => {
  const directory = temporary(context)
  const pair = { tlsCertFile: join(directory, 'server.crt'), tlsKeyFile: join(directory, 'server.key') }
  const makePair = async (name: string) => {
    const at = mkdtempSync(join(directory, `${name}-`))
    await createDevCertificate(at, Date.now).read()
    return { cert: join(at, 'tls-cert.pem'), key: join(at, 'tls-key.pem') }
  }
  const [first, second] = [await makePair('first'), await makePair('second')]
  copyFileSync(first.cert, pair.tlsCertFile)
  copyFileSync(first.key, pair.tlsKeyFile)
  const server = await startTestServer(context, { settings: { tls: 'files', ...pair } })
  const jwks = `${server.issuer}/.well-known/jwks.json`
  const [trustFirst, trustSecond] = [readFileSync(first.cert, 'utf8'), readFileSync(second.cert, 'utf8')]
  assert.equal((await call(jwks, trustFirst)).status, 200)

  copyFileSync(second.cert, pair.tlsCertFile)
  await assert.rejects(server.renewTls(), (error) => error instanceof TlsError && /does not belong/.test(error.message))
  assert.equal((await call(jwks, trustFirst)).status, 200)

  copyFileSync(second.key, pair.tlsKeyFile)
  await server.renewTls()
  assert.equal((await call(jwks, trustSecond)).status, 200)
  await assert.rejects(call(jwks, trustFirst))
})

test('certificate files that cannot be used refuse the start and leave the store free', async (context) => {
  const directory = temporary(context)
  const missing = {
    tls: 'files',
    tlsCertFile: join(directory, 'no.crt'),
    tlsKeyFile: join(directory, 'no.key'),
  } as const
  await assert.rejects(startTestServer(context, { settings: missing, dataDirectory: directory }), TlsError)
  const server = await startTestServer(context, { dataDirectory: directory })
  assert.equal((await fetch(`${server.issuer}/.well-known/jwks.json`)).status, 200)
  await server.close()
})
