import { derSignature, ecdsaSign, joseSignature, octets, p256, p384, toBigInt } from '../ecdsa.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('signature')

const es256 = 'RFC 7518 §3.4'

const d = toBigInt(Buffer.from(testKey('issuer-es256').jwk.d ?? '', 'base64url'))
const ecdsa = (input: Uint8Array) => ecdsaSign(p256, d, input)
const both = (r: bigint, s: bigint) => () => joseSignature({ r, s }, 32)
const { n } = p256

export const ecdsaVectors: Subject = {
  name: 'ecdsa',
  title: 'ECDSA: in DER, at the edges of the group, by another curve or hash',
  vectors: [
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
  ],
}
