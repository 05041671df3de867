import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createDevCertificate } from './dev-certificate.ts'
import { TlsError, tlsFromFiles } from './tls.ts'

const directory = mkdtempSync(join(tmpdir(), 'mintmark-tls-'))
after(() => rmSync(directory, { recursive: true, force: true }))

let folders = 0
const folder = (): string => mkdtempSync(join(directory, `${folders++}-`))
const start = Date.parse('2027-03-01T00:00:00Z')
const day = 86_400_000

/** A source that reads the development pair of a folder as files. */
const filesOf = (of: string, now = start, keyOf = of) =>
  tlsFromFiles({ cert: join(of, 'tls-cert.pem'), key: join(keyOf, 'tls-key.pem') }, () => now)

const refusal = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TlsError)
  assert.match(error.message, pattern)
  assert.doesNotMatch(error.message, /\n/)
  return true
}

test('the development certificate is for loopback, by an EC key that only its owner may read', async () => {
  const at = folder()
  const source = createDevCertificate(at, () => start)
  const { cert } = await source.read()
  const certificate = new X509Certificate(cert)
  assert.equal(certificate.checkHost('localhost'), 'localhost')
  assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(certificate.checkIP('::1'), '::1')
  assert.equal(certificate.checkHost('weather.example'), undefined)
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  assert.equal(certificate.ca, false)
  assert.equal(statSync(join(at, 'tls-key.pem')).mode & 0o777, 0o600)
  assert.equal(source.caFile, join(at, 'tls-cert.pem'))
})

test('the development certificate stays until 30 days before its end, then there is a new one', async () => {
  const at = folder()
  let now = start
  const source = createDevCertificate(at, () => now)
  const first = await source.read()
  now = start + 334 * day
  assert.deepEqual(await source.read(), first)
  now = start + 336 * day
  const second = await source.read()
  assert.notEqual(second.cert, first.cert)
  assert.ok(new X509Certificate(second.cert).validToDate.getTime() > now + 300 * day)
})

test('a development pair that does not match or is damaged is made again', async () => {
  const at = folder()
  const source = createDevCertificate(at, () => start)
  const first = await source.read()
  writeFileSync(join(at, 'tls-key.pem'), (await createDevCertificate(folder(), () => start).read()).key)
  const second = await source.read()
  assert.notEqual(second.cert, first.cert)
  writeFileSync(join(at, 'tls-cert.pem'), second.cert.slice(0, 200))
  const third = await source.read()
  assert.equal(new X509Certificate(third.cert).checkHost('localhost'), 'localhost')
})

test('certificate files that cannot be used are named in one line', async () => {
  const [one, other] = [folder(), folder()]
  await createDevCertificate(one, () => start).read()
  await createDevCertificate(other, () => start).read()
  assert.deepEqual(await filesOf(one).read(), {
    cert: readFileSync(join(one, 'tls-cert.pem'), 'utf8'),
    key: readFileSync(join(one, 'tls-key.pem'), 'utf8'),
  })
  await assert.rejects(filesOf(folder()).read(), refusal(/certificate file .*tls-cert\.pem cannot be read \(ENOENT\)/))
  await assert.rejects(filesOf(one, start, other).read(), refusal(/does not belong to the certificate/))
  await assert.rejects(filesOf(one, start + 366 * day).read(), refusal(/expired at 2028-/))
  await assert.rejects(filesOf(one, start - day).read(), refusal(/valid from 2027-.* check the clock/))
  writeFileSync(join(one, 'tls-key.pem'), 'no key')
  await assert.rejects(filesOf(one).read(), refusal(/tls-key\.pem is not a PEM private key/))
  writeFileSync(join(one, 'tls-cert.pem'), '')
  await assert.rejects(filesOf(one).read(), refusal(/tls-cert\.pem is not a PEM certificate/))
})
