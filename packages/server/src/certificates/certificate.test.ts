import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { authority, issue, revocationList } from '../../test/certificates.ts'
import { readCertificate } from './certificate.ts'
import { checkPath } from './certification-path.ts'
import { readPem } from './pem.ts'
import { readRevocationLists } from './revocation-list.ts'

const root = await issue({ subject: 'CN=Root', extensions: authority(2) })
const one = await issue({ subject: 'CN=a,O=b', names: [{ type: 'dns', value: 'a.example' }], by: root })

test('what is read of a certificate is what the platform says of it', () => {
  for (const { der } of [root, one]) {
    const read = readCertificate(der)
    assert.ok(read !== undefined)
    assert.equal(read.notAfter, read.x509.validToDate.getTime())
    assert.equal(read.notBefore, read.x509.validFromDate.getTime())
    assert.equal(read.constraints?.ca ?? false, read.x509.ca)
    assert.equal(
      Buffer.from(read.thumbprint, 'base64url').toString('hex').toUpperCase(),
      read.x509.fingerprint256.replaceAll(':', ''),
    )
    assert.equal(Buffer.from(read.serial).toString('hex').toUpperCase(), read.x509.serialNumber)
  }
})

test('bytes that were changed, cut or added to are read or refused, and never with an error', () => {
  fc.assert(
    fc.property(fc.nat(one.der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(one.der)
      changed[at] = (changed[at] ?? 0) ^ change
      const read = readCertificate(changed)
      // Whatever it says now, its CA did not sign it.
      if (read !== undefined) assert.equal(read.x509.verify(readCertificate(root.der)?.x509.publicKey as never), false)
    }),
    { numRuns: 300 },
  )
  for (let length = 0; length < one.der.length; length += 7) {
    assert.equal(readCertificate(one.der.subarray(0, length)), undefined)
  }
  assert.equal(readCertificate(Buffer.concat([one.der, Buffer.of(0)])), undefined)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readCertificate(bytes) === undefined))
})

test('a revocation list is read whole or not at all, and a changed one has no signature', async () => {
  const pem = await revocationList(root, [one])
  const [list] = readRevocationLists(pem) ?? []
  const [der] = readPem(pem, 'X509 CRL') ?? []
  const key = readCertificate(root.der)?.x509.publicKey
  const serial = readCertificate(one.der)?.serial
  assert.ok(list !== undefined && der !== undefined && key !== undefined && serial !== undefined)
  assert.ok(list.signedBy(key) && list.revoked(serial) && !list.revoked(Buffer.of(1)))
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(der)
      changed[at] = (changed[at] ?? 0) ^ change
      const text = `-----BEGIN X509 CRL-----\n${changed.toString('base64')}\n-----END X509 CRL-----\n`
      assert.ok(readRevocationLists(text)?.[0]?.signedBy(key) !== true)
    }),
    { numRuns: 300 },
  )
  for (const text of ['', 'x', root.cert, pem + root.cert]) assert.equal(readRevocationLists(text), undefined)
})

const rsaKeys = (hash: string, modulusLength = 2048): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey({ name: 'RSA-PSS', hash, modulusLength, publicExponent: Uint8Array.of(1, 0, 1) }, true, [
    'sign',
    'verify',
  ])

const pathOf = ({ der }: { readonly der: Uint8Array }, anchor: { readonly der: Uint8Array }) => {
  const [certificate, ca] = [readCertificate(der), readCertificate(anchor.der)]
  assert.ok(certificate !== undefined && ca !== undefined)
  return checkPath({ certificate, brought: [], anchors: [ca], lists: [], now: Date.now() })
}

test('a CA that signs with RSASSA-PSS is believed with SHA-256, and not with SHA-1', async () => {
  for (const [hash, trusted] of [
    ['SHA-256', true],
    ['SHA-384', true],
    ['SHA-1', false],
  ] as const) {
    const signature = { name: 'RSA-PSS', hash, saltLength: 20 }
    const by = await issue({ subject: 'CN=PSS', extensions: authority(), keys: await rsaKeys(hash), signature })
    const client = await issue({ subject: 'CN=client', by, signature })
    assert.ok(readCertificate(client.der)?.x509.verify(readCertificate(by.der)?.x509.publicKey as never))
    assert.equal(pathOf(client, by).trusted, trusted, hash)
  }
})

test('a client whose key can be factored is not believed, whoever signed its certificate', async () => {
  assert.deepEqual(pathOf(await issue({ by: root }), root), { trusted: true })
  const weak = await issue({ by: root, keys: await rsaKeys('SHA-256', 1024) })
  assert.deepEqual(pathOf(weak, root), { trusted: false, check: 'certificate-key-strong' })
})
