import { createHash } from 'node:crypto'
import { derSignature, ecdsaSign, joseSignature, octets, p256, p384, toBigInt } from '../ecdsa.ts'
import { pkcs1Block, pssSign, rawSign, sha256Info } from '../rsa.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('signature')

const smallExponent = 'RFC 8017 §3.1 allows an exponent of 3; FIPS 186-5 demands more than 65536'
const jws = 'RFC 7515 §5.2'
const es256 = 'RFC 7518 §3.4'
const rs256 = 'RFC 7518 §3.3'
const ps256 = 'RFC 7518 §3.5'
const eddsa = 'RFC 8037 §3.1'

const d = toBigInt(Buffer.from(testKey('issuer-es256').jwk.d ?? '', 'base64url'))
const ecdsa = (input: Uint8Array) => ecdsaSign(p256, d, input)
const both = (r: bigint, s: bigint) => () => joseSignature({ r, s }, 32)
const { n } = p256

/** A signature that is right but for what is done to its octets. */
const changed = (key: string, change: (signature: Buffer) => Uint8Array) => ({
  key,
  sign: (input: Buffer) => change(sign(testKey(key).alg, testKey(key).jwk, input)),
})

const flipped = (octet: number) => (signature: Buffer) =>
  Uint8Array.from(signature, (value, index) =>
    index === (octet + signature.length) % signature.length ? value ^ 1 : value,
  )

const rsaKey = testKey('issuer-rs256').jwk
const digest = (input: Uint8Array) => createHash('sha256').update(input).digest()
const block = (make: (info: Buffer) => Buffer) => ({
  key: 'issuer-rs256',
  sign: (input: Buffer) => rawSign(rsaKey, make(Buffer.concat([sha256Info, digest(input)]))),
})

const pssKey = testKey('issuer-ps256').jwk
const pss = (parameters: Parameters<typeof pssSign>[2]) => ({
  key: 'issuer-ps256',
  sign: (input: Buffer) => pssSign(pssKey, input, parameters),
})
const salt = (length: number) => Buffer.alloc(length, 0x5a)

/** The order of the group of Ed25519 (RFC 8032 §5.1). */
const groupOrder = (1n << 252n) + 27742317777372353535851937790883648493n
const littleEndian = (bytes: Uint8Array) => toBigInt(Uint8Array.from(bytes).reverse())
const sPlus = (more: bigint) => (signature: Buffer) =>
  Buffer.concat([signature.subarray(0, 32), octets(littleEndian(signature.subarray(32)) + more, 32).reverse()])

const keys = ['issuer-es256', 'issuer-es384', 'issuer-es512', 'issuer-rs256', 'issuer-ps256', 'issuer-ed25519']

export const signatureVectors: Subject = {
  name: 'signature',
  title: 'Signatures: good ones of every algorithm, and every way to write one that is not',
  vectors: [
    ...keys.map((key) =>
      accepted(`good-${key.slice(7)}`, `A good token signed with ${testKey(key).alg}`, jws, { key }),
    ),
    accepted('good-ed25519-by-name', 'Ed25519 by the name that says the curve', 'RFC 9864 §2.2', {
      settings: 'ed25519-by-name',
      key: 'issuer-ed25519',
      header: { alg: 'Ed25519' },
    }),
    accepted('good-ed25519-key-says-eddsa', 'Ed25519 in the token, EdDSA in the key: one algorithm', 'RFC 9864 §2.2', {
      latitude: 'A verifier that compares names only refuses it',
      key: 'issuer-ed25519',
      header: { alg: 'Ed25519' },
    }),
    accepted('good-eddsa-key-says-ed25519', 'EdDSA in the token, Ed25519 in the key: one algorithm', 'RFC 9864 §2.2', {
      latitude: 'A verifier that compares names only refuses it',
      settings: 'ed25519-by-name',
      key: 'issuer-ed25519',
    }),
    ...keys.flatMap((key) => [
      refused(
        `${key.slice(7)}-first-octet`,
        `${testKey(key).alg}: one bit of the first octet is different`,
        jws,
        changed(key, flipped(0)),
      ),
      refused(
        `${key.slice(7)}-last-octet`,
        `${testKey(key).alg}: one bit of the last octet is different`,
        jws,
        changed(key, flipped(-1)),
      ),
      refused(
        `${key.slice(7)}-cut`,
        `${testKey(key).alg}: the last octet is missing`,
        jws,
        changed(key, (all) => all.subarray(0, -1)),
      ),
      refused(
        `${key.slice(7)}-longer`,
        `${testKey(key).alg}: a zero octet follows`,
        jws,
        changed(key, (all) => Buffer.concat([all, Buffer.alloc(1)])),
      ),
      refused(
        `${key.slice(7)}-zero-before`,
        `${testKey(key).alg}: a zero octet precedes`,
        jws,
        changed(key, (all) => Buffer.concat([Buffer.alloc(1), all])),
      ),
      refused(
        `${key.slice(7)}-all-zero`,
        `${testKey(key).alg}: every octet is zero`,
        'CVE-2022-21449',
        changed(key, (all) => Buffer.alloc(all.length)),
      ),
      refused(`${key.slice(7)}-other-claims`, `${testKey(key).alg}: the signature of other claims`, jws, {
        key,
        sign: () => sign(testKey(key).alg, testKey(key).jwk, Buffer.from('e30.e30')),
      }),
    ]),
    refused('by-stranger', 'Signed by a stranger who names the key of the issuer', jws, {
      key: 'attacker-es256',
      header: { kid: 'issuer-es256' },
    }),
    refused('rsa-by-stranger', 'Signed by a stranger with RSA who names the key of the issuer', jws, {
      key: 'attacker-rs256',
      header: { kid: 'issuer-rs256' },
    }),
    refused('ed25519-by-stranger', 'Signed by a stranger with Ed25519 who names the key of the issuer', jws, {
      key: 'attacker-ed25519',
      header: { kid: 'issuer-ed25519' },
    }),

    refused('es256-der', 'ECDSA in DER, as certificates have it', es256, {
      sign: (input) => derSignature(ecdsa(input)),
    }),
    refused('es256-der-padded', 'ECDSA in DER, filled up to 72 octets', es256, {
      sign: (input) => Buffer.concat([derSignature(ecdsa(input)), Buffer.alloc(8)]).subarray(0, 72),
    }),
    refused('es256-halves-swapped', 's before r', es256, {
      sign: (input) => joseSignature({ r: ecdsa(input).s, s: ecdsa(input).r }, 32),
    }),
    refused('es256-little-endian', 'Both halves with their octets in reverse', es256, {
      sign: (input) => Buffer.concat([octets(ecdsa(input).r, 32).reverse(), octets(ecdsa(input).s, 32).reverse()]),
    }),
    refused('es256-r-only', 'Only one half of the signature', es256, { sign: (input) => octets(ecdsa(input).r, 32) }),
    refused('es256-hexadecimal', 'The signature in hexadecimal', es256, {
      sign: (input) => Buffer.from(joseSignature(ecdsa(input), 32).toString('hex')),
    }),
    accepted('es256-high-s', 's in the upper half of the group, which JWS allows', es256, {
      sign: (input) => {
        const { r, s } = ecdsa(input)
        return joseSignature({ r, s: s > n / 2n ? s : n - s }, 32)
      },
    }),
    accepted('es256-low-s', 's in the lower half of the group', es256, {
      sign: (input) => {
        const { r, s } = ecdsa(input)
        return joseSignature({ r, s: s > n / 2n ? n - s : s }, 32)
      },
    }),
    ...(
      [
        ['r-zero', 'r is 0', 0n, 1n],
        ['s-zero', 's is 0', 1n, 0n],
        ['r-one-s-one', 'r and s are 1', 1n, 1n],
        ['r-order', 'r is the order of the group', n, 1n],
        ['s-order', 's is the order of the group', 1n, n],
        ['r-s-order', 'r and s are the order of the group', n, n],
        ['r-order-s-zero', 'r is the order of the group and s is 0', n, 0n],
        ['r-zero-s-order', 'r is 0 and s is the order of the group', 0n, n],
        ['r-order-minus-one', 'r is one less than the order', n - 1n, 1n],
        ['r-order-plus-one', 'r is one more than the order', n + 1n, 1n],
        ['s-order-plus-one', 's is one more than the order', 1n, n + 1n],
        ['r-field', 'r is the size of the field', p256.p, 1n],
        ['s-field', 's is the size of the field', 1n, p256.p],
        ['r-s-largest', 'Every bit is set', (1n << 256n) - 1n, (1n << 256n) - 1n],
      ] as const
    ).map(([id, title, r, s]) =>
      refused(`es256-${id}`, `ECDSA: ${title}`, 'CVE-2022-21449; FIPS 186-5 §6.4.2', { sign: both(r, s) }),
    ),
    refused('es256-s-negative', 'ECDSA: s is subtracted from the order twice', 'FIPS 186-5 §6.4.2', {
      sign: (input) => joseSignature({ r: ecdsa(input).r, s: (n - ecdsa(input).s + 1n) % n }, 32),
    }),
    refused('es256-in-384-octets', 'ECDSA on P-256 in the length of P-384', es256, {
      sign: (input) => joseSignature(ecdsa(input), 48),
    }),
    refused('es384-with-p256-key', 'ES384 by a key on P-256', es256, {
      header: { alg: 'ES384' },
      sign: (input) => joseSignature(ecdsa(input), 48),
    }),
    refused('es256-with-p384-key', 'ES256 named with a key on P-384 that signed', es256, {
      key: 'issuer-es384',
      header: { alg: 'ES256' },
      sign: (input) =>
        joseSignature(
          ecdsaSign(
            { ...p384, hash: 'sha256' },
            toBigInt(Buffer.from(testKey('issuer-es384').jwk.d ?? '', 'base64url')),
            input,
          ),
          48,
        ),
    }),
    refused('es256-with-sha384', 'ES256 made with SHA-384', es256, {
      sign: (input) => joseSignature(ecdsaSign({ ...p256, hash: 'sha384' }, d, input), 32),
    }),
    refused('es256-on-p384-by-stranger', 'A stranger’s P-384 signature for a key on P-256', es256, {
      key: 'attacker-es384',
      header: { alg: 'ES256', kid: 'issuer-es256' },
      sign: (input) => sign('ES384', testKey('attacker-es384').jwk, input),
    }),

    refused('rs256-sha1', 'PKCS #1 with the name and digest of SHA-1', rs256, {
      key: 'issuer-rs256',
      sign: (input) =>
        rawSign(
          rsaKey,
          pkcs1Block(
            rsaKey,
            Buffer.concat([
              Buffer.from('3021300906052b0e03021a05000414', 'hex'),
              createHash('sha1').update(input).digest(),
            ]),
          ),
        ),
    }),
    refused('rs256-sha512', 'PKCS #1 with SHA-512 where the header says RS256', rs256, {
      key: 'issuer-rs256',
      sign: (input) => sign('RS512', rsaKey, input),
    }),
    refused('rs256-bare-digest', 'PKCS #1 without the name of the hash', rs256, {
      key: 'issuer-rs256',
      sign: (input) => rawSign(rsaKey, pkcs1Block(rsaKey, digest(input))),
    }),
    refused('rs256-without-null', 'PKCS #1 whose algorithm lacks its NULL', 'RFC 8017 §8.2.2, note', {
      key: 'issuer-rs256',
      sign: (input) =>
        rawSign(
          rsaKey,
          pkcs1Block(
            rsaKey,
            Buffer.concat([
              Buffer.from('302f300b0609608648016503040201', 'hex'),
              Buffer.from('0420', 'hex'),
              digest(input),
            ]),
          ),
        ),
    }),
    refused(
      'rs256-block-type-2',
      'PKCS #1 with the block type of encryption',
      rs256,
      block((info) => pkcs1Block(rsaKey, info, { type: 2 })),
    ),
    refused(
      'rs256-padding-zero',
      'PKCS #1 padded with zeros',
      rs256,
      block((info) => pkcs1Block(rsaKey, info, { padding: 0 })),
    ),
    refused(
      'rs256-short-padding',
      'PKCS #1 with octets after the digest',
      'CVE-2006-4339',
      block((info) => pkcs1Block(rsaKey, info, { shorter: 64 })),
    ),
    refused(
      'rs256-exponent-3-forged',
      'The cube root that forges a signature for exponent 3 where padding is not checked',
      'CVE-2006-4339',
      {
        settings: 'rsa-exponent-3',
        key: 'issuer-rsa-e3',
        sign: (input) => cubeRootForgery(input),
      },
    ),
    refused('rs256-exponent-3', 'A key with exponent 3 that signed', 'FIPS 186-5 §5.4', {
      latitude: smallExponent,
      settings: 'rsa-exponent-3',
      key: 'issuer-rsa-e3',
    }),
    refused('rs256-signature-zero', 'RSA: the signature 0', rs256, {
      key: 'issuer-rs256',
      sign: () => Buffer.alloc(256),
    }),
    refused('rs256-signature-one', 'RSA: the signature 1', rs256, { key: 'issuer-rs256', sign: () => octets(1n, 256) }),
    refused('rs256-signature-modulus', 'RSA: the modulus as signature', 'RFC 8017 §5.2.2', {
      key: 'issuer-rs256',
      sign: () => Buffer.from(rsaKey.n ?? '', 'base64url'),
    }),
    refused('rs256-plus-modulus', 'RSA: the signature and the modulus', 'RFC 8017 §5.2.2', {
      key: 'issuer-rs256',
      sign: (input) =>
        octets(toBigInt(sign('RS256', rsaKey, input)) + toBigInt(Buffer.from(rsaKey.n ?? '', 'base64url')), 257),
    }),

    refused('ps256-as-rs256', 'A PSS signature where the header says RS256', rs256, {
      key: 'issuer-rs256',
      sign: (input) => sign('PS256', rsaKey, input),
    }),
    refused('rs256-as-ps256', 'A PKCS #1 signature where the header says PS256', ps256, {
      key: 'issuer-ps256',
      sign: (input) => sign('RS256', pssKey, input),
    }),
    refused('ps256-no-salt', 'PSS without salt', ps256, pss({ hash: 'sha256', salt: salt(0) })),
    refused('ps256-salt-20', 'PSS with the salt length of SHA-1', ps256, pss({ hash: 'sha256', salt: salt(20) })),
    refused('ps256-salt-31', 'PSS with a salt one octet short', ps256, pss({ hash: 'sha256', salt: salt(31) })),
    refused('ps256-salt-longest', 'PSS with the longest salt', ps256, pss({ hash: 'sha256', salt: salt(222) })),
    refused(
      'ps256-mask-sha1',
      'PSS with SHA-1 in its mask',
      ps256,
      pss({ hash: 'sha256', maskHash: 'sha1', salt: salt(32) }),
    ),
    refused(
      'ps256-sha512',
      'PSS with SHA-512 where the header says PS256',
      ps256,
      pss({ hash: 'sha512', salt: salt(64) }),
    ),

    refused(
      'ed25519-s-plus-order',
      'Ed25519: S plus the order of the group',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', sPlus(groupOrder)),
    ),
    refused(
      'ed25519-s-order',
      'Ed25519: S is the order of the group',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', (all) => Buffer.concat([all.subarray(0, 32), octets(groupOrder, 32).reverse()])),
    ),
    refused(
      'ed25519-top-bit',
      'Ed25519: the top bit of S is set',
      'RFC 8032 §5.1.7',
      changed('issuer-ed25519', (all) => Uint8Array.from(all, (value, index) => (index === 63 ? value | 0x80 : value))),
    ),
    refused('ed25519-identity', 'Ed25519: R is the neutral point and S is 0', 'RFC 8032 §5.1.7', {
      key: 'issuer-ed25519',
      sign: () => Buffer.concat([octets(1n, 32).reverse(), Buffer.alloc(32)]),
    }),
    refused(
      'ed25519-halves-swapped',
      'Ed25519: S before R',
      eddsa,
      changed('issuer-ed25519', (all) => Buffer.concat([all.subarray(32), all.subarray(0, 32)])),
    ),
    refused('ed25519-of-digest', 'Ed25519 of the SHA-512 of the message', eddsa, {
      key: 'issuer-ed25519',
      sign: (input) => sign('EdDSA', testKey('issuer-ed25519').jwk, createHash('sha512').update(input).digest()),
    }),
  ],
}

/**
 * The number whose cube begins with a block of PKCS #1 that has its digest at once, and anything after it: what verifiers
 * took that read from the left and did not look whether the block is filled.
 */
function cubeRootForgery(input: Uint8Array): Buffer {
  const start = Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), sha256Info, digest(input)])
  const wanted = toBigInt(Buffer.concat([start, Buffer.alloc(256 - start.length, 0xff)]))
  let [low, high] = [0n, 1n << 700n]
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (middle ** 3n <= wanted) low = middle
    else high = middle - 1n
  }
  return octets(low, 256)
}
