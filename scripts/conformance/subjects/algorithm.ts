import { createPublicKey } from 'node:crypto'
import type { Recipe } from '../recipe.ts'
import { hmac, sign } from '../sign.ts'
import { publicJwk, testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('algorithm')

const none = 'RFC 8725 §2.1, §3.2; CVE-2015-9235'
const confusion = 'RFC 8725 §2.1, §3.1; CVE-2016-5431'
const list = 'RFC 8725 §3.1'

const unsigned = (alg: unknown): Recipe => ({
  header: { alg },
  write: ({ header, claims }) => `${header}.${claims}.`,
})
const fakeSignature = (alg: unknown): Recipe => ({ header: { alg }, sign: () => Buffer.from('none') })
const trueSignature = (alg: unknown): Recipe => ({
  header: { alg },
  sign: (input) => sign('ES256', testKey('issuer-es256').jwk, input),
})

const spellings: readonly (readonly [id: string, alg: unknown])[] = [
  ['lower', 'none'],
  ['capital', 'None'],
  ['upper', 'NONE'],
  ['mixed', 'nOnE'],
  ['space-after', 'none '],
  ['space-before', ' none'],
  ['nul', 'none\u0000'],
  ['line-feed', 'none\n'],
  ['combining', 'none\u0301'],
  ['full-width', 'ｎｏｎｅ'],
]
const notAlgorithms: readonly (readonly [id: string, alg: unknown])[] = [
  ['empty', ''],
  ['missing', undefined],
  ['null', null],
  ['false', false],
  ['true', true],
  ['number', 0],
  ['array', ['ES256']],
  ['array-none', ['none', 'ES256']],
  ['object', { name: 'ES256' }],
  ['lower-case', 'es256'],
  ['with-space', 'ES256 '],
  ['unknown', 'XS256'],
  ['misspelt-es521', 'ES521'],
  ['prototype', '__proto__'],
  ['constructor', 'constructor'],
  ['to-string', 'toString'],
]

/** Every form of a public key that a careless verifier might take for a secret. */
const secrets = (name: string): readonly (readonly [id: string, secret: Uint8Array])[] => {
  const key = createPublicKey({ key: testKey(name).jwk, format: 'jwk' })
  const pem = key.export({ type: 'spki', format: 'pem' }).toString()
  const jwk = publicJwk(name)
  const own = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, n: jwk.n, e: jwk.e }
  return [
    ['pem', Buffer.from(pem)],
    ['pem-trimmed', Buffer.from(pem.trimEnd())],
    ['pem-body', Buffer.from(pem.replace(/-----[^-]+-----|\n/g, ''))],
    ['der', key.export({ type: 'spki', format: 'der' })],
    ['jwk', Buffer.from(JSON.stringify(jwk))],
    ['jwk-bare', Buffer.from(JSON.stringify(own))],
    ['coordinate', Buffer.from(String(jwk.x ?? jwk.n), 'base64url')],
    ['coordinate-text', Buffer.from(String(jwk.x ?? jwk.n))],
  ]
}

const mac = (alg: 'HS256' | 'HS384' | 'HS512', kid: string | undefined, secret: Uint8Array): Recipe => ({
  header: { alg, kid },
  sign: (input) => hmac(`sha${alg.slice(2)}`, secret, input),
})

export const algorithmVectors: Subject = {
  name: 'algorithm',
  title: 'Algorithms: none in every spelling, public keys taken for secrets, names that are no algorithm, allow-lists',
  vectors: [
    ...spellings.flatMap(([id, alg]) => [
      refused(`none-${id}`, `alg ${JSON.stringify(alg)} and no signature`, none, unsigned(alg)),
      refused(`none-${id}-signed`, `alg ${JSON.stringify(alg)} and something as signature`, none, fakeSignature(alg)),
    ]),
    refused('none-true-signature', 'alg none and the signature of the issuer', none, trueSignature('none')),
    refused('none-without-last-dot', 'alg none and two parts only', none, {
      header: { alg: 'none' },
      write: ({ header, claims }) => `${header}.${claims}`,
    }),
    refused('none-without-kid', 'alg none and no key named', none, {
      header: { alg: 'none', kid: undefined },
      write: ({ header, claims }) => `${header}.${claims}.`,
    }),
    refused('signature-removed', 'A good token whose signature was cut off', none, {
      write: ({ header, claims }) => `${header}.${claims}.`,
    }),
    ...notAlgorithms.map(([id, alg]) =>
      refused(
        `name-${id}`,
        `alg ${alg === undefined ? 'missing' : JSON.stringify(alg)} with a true signature of ES256`,
        'RFC 7515 §4.1.1',
        trueSignature(alg),
      ),
    ),
    ...notAlgorithms
      .slice(0, 3)
      .map(([id, alg]) =>
        refused(
          `name-${id}-unsigned`,
          `alg ${alg === undefined ? 'missing' : JSON.stringify(alg)} and no signature`,
          none,
          unsigned(alg),
        ),
      ),
    ...secrets('issuer-rs256').map(([id, secret]) =>
      refused(
        `hs256-rsa-${id}`,
        `HS256 with the RSA key of the issuer as secret: ${id}`,
        confusion,
        mac('HS256', 'issuer-rs256', secret),
      ),
    ),
    ...secrets('issuer-es256').map(([id, secret]) =>
      refused(
        `hs256-ec-${id}`,
        `HS256 with the EC key of the issuer as secret: ${id}`,
        confusion,
        mac('HS256', 'issuer-es256', secret),
      ),
    ),
    refused(
      'hs384-rsa',
      'HS384 with the RSA key of the issuer as secret',
      confusion,
      mac(
        'HS384',
        'issuer-rs256',
        Buffer.from(
          createPublicKey({ key: testKey('issuer-rs256').jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
        ),
      ),
    ),
    refused(
      'hs512-rsa',
      'HS512 with the RSA key of the issuer as secret',
      confusion,
      mac(
        'HS512',
        'issuer-rs256',
        Buffer.from(
          createPublicKey({ key: testKey('issuer-rs256').jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
        ),
      ),
    ),
    refused(
      'hs256-empty-secret',
      'HS256 with an empty secret',
      confusion,
      mac('HS256', 'issuer-es256', Buffer.alloc(0)),
    ),
    refused(
      'hs256-kid-as-secret',
      'HS256 with the name of the key as secret',
      confusion,
      mac('HS256', 'issuer-es256', Buffer.from('issuer-es256')),
    ),
    refused(
      'hs256-null-secret',
      'HS256 with a secret of zeros',
      confusion,
      mac('HS256', 'issuer-es256', Buffer.alloc(32)),
    ),
    refused(
      'hs256-no-kid',
      'HS256 with the EC key and no key named',
      confusion,
      mac('HS256', undefined, Buffer.from(String(publicJwk('issuer-es256').x))),
    ),
    refused(
      'hs256-audience-as-secret',
      'HS256 with the audience as secret',
      confusion,
      mac('HS256', 'issuer-es256', Buffer.from('https://api.example')),
    ),
    refused('hs256-key-says-hs256', 'HS256 where the published key says it is for HS256', 'CVE-2026-22817', {
      ...mac('HS256', 'issuer-rs256', Buffer.from(String(publicJwk('issuer-rs256').n), 'base64url')),
      settings: 'key-alg-symmetric',
    }),
    refused('not-allowed-rs256', 'A good RS256 signature where only ES256 is allowed', list, {
      settings: 'es256-only',
      key: 'issuer-rs256',
    }),
    refused('not-allowed-eddsa', 'A good EdDSA signature where only ES256 is allowed', list, {
      settings: 'es256-only',
      key: 'issuer-ed25519',
    }),
    refused('not-allowed-es384', 'A good ES384 signature where only ES256 is allowed', list, {
      settings: 'es256-only',
      key: 'issuer-es384',
    }),
    accepted('allowed-es256', 'ES256 where only ES256 is allowed', list, { settings: 'es256-only' }),
    accepted('allowed-rs256', 'RS256 where only RS256 is allowed', list, {
      settings: 'rs256-only',
      key: 'issuer-rs256',
    }),
    refused('not-allowed-rs384', 'RS384 by the key of RS256 where only RS256 is allowed', list, {
      settings: 'rs256-only',
      key: 'issuer-rs256',
      header: { alg: 'RS384' },
    }),
    refused('not-allowed-rs512', 'RS512 by the key of RS256, which nobody allowed', list, {
      key: 'issuer-rs256',
      header: { alg: 'RS512' },
    }),
    refused('not-allowed-ps256', 'PS256 by the key of RS256 where only RS256 is allowed', list, {
      settings: 'rs256-only',
      key: 'issuer-rs256',
      header: { alg: 'PS256' },
    }),
    refused('key-is-for-rs256', 'PS256 by a key that says RS256, both allowed', 'RFC 7517 §4.4', {
      key: 'issuer-rs256',
      header: { alg: 'PS256' },
    }),
    refused('key-is-for-ps256', 'RS256 by a key that says PS256, both allowed', 'RFC 7517 §4.4', {
      key: 'issuer-ps256',
      header: { alg: 'RS256' },
    }),
    accepted('key-says-nothing', 'RS256 by a key that names no algorithm', 'RFC 7517 §4.4', {
      settings: 'key-without-alg',
      key: 'issuer-rs256',
    }),
    refused('key-says-nothing-ps256', 'PS256 by an RSA key that names no algorithm', 'RFC 8725 §3.1', {
      latitude:
        'RFC 7517 §4.4 lets a key go without an algorithm; RFC 8725 §3.1 wants one for each key, here the first allowed',
      settings: 'key-without-alg',
      key: 'issuer-rs256',
      header: { alg: 'PS256' },
    }),
    refused('alg-of-other-kind', 'RS256 named for a key on P-256', list, {
      header: { alg: 'RS256' },
      sign: (input) => sign('RS256', testKey('attacker-rs256').jwk, input),
    }),
    refused('alg-ec-for-rsa', 'ES256 named for an RSA key', list, {
      key: 'issuer-rs256',
      header: { alg: 'ES256' },
      sign: (input) => sign('ES256', testKey('attacker-es256').jwk, input),
    }),
    refused('alg-eddsa-for-ec', 'EdDSA named for a key on P-256', list, {
      header: { alg: 'EdDSA' },
      sign: (input) => sign('EdDSA', testKey('attacker-ed25519').jwk, input),
    }),
    refused('es256k', 'ES256K with a key on secp256k1', list, {
      settings: 'curve-of-bitcoin',
      key: 'bitcoin-es256k',
      sign: () => Buffer.alloc(64, 1),
    }),
    refused('ed448', 'EdDSA with a key of Ed448', list, {
      key: 'issuer-ed448',
      sign: (input) => sign('EdDSA', testKey('issuer-ed448').jwk, input),
    }),
    refused('jwe-dir', 'An encryption algorithm in a signed token', list, trueSignature('dir')),
    refused('jwe-rsa-oaep', 'The key-encryption algorithm RSA-OAEP in a signed token', list, trueSignature('RSA-OAEP')),
    refused('pbes2', 'PBES2 with a huge iteration count', 'CVE-2022-36083', {
      header: { alg: 'PBES2-HS256+A128KW', p2c: 2147483647, p2s: 'AAAA' },
      sign: () => Buffer.alloc(32, 1),
    }),
  ],
}
