import { createHash } from 'node:crypto'
import { octets, toBigInt } from '../ecdsa.ts'
import { pkcs1Block, pssSign, rawSign, sha256Info } from '../rsa.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { refused } = tokenVectors('signature')

const smallExponent = 'RFC 8017 §3.1 allows an exponent of 3; FIPS 186-5 demands more than 65536'
const rs256 = 'RFC 7518 §3.3'
const ps256 = 'RFC 7518 §3.5'

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

export const rsaVectors: Subject = {
  name: 'rsa',
  title: 'RSA: blocks that are padded or named wrongly, forged by the cube root, salted otherwise',
  vectors: [
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
