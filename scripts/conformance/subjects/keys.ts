import { createHash } from 'node:crypto'
import { ecdsaSign, joseSignature, p256, toBigInt } from '../ecdsa.ts'
import { pkcs1Block, sha256Info } from '../rsa.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('keys')

const equivalentKeys = 'RFC 7517 §4.5 lets keys of different kinds share a name where they are equivalent'
const selection = 'RFC 7515 §6; RFC 8725 §3.1'
const use = 'RFC 7517 §4.2, §4.3'
const weak = 'RFC 7518 §3.3; RFC 8725 §3.5'
const points = 'RFC 8725 §3.4; RFC 7518 §6.2.1'

const signedBy = (key: string) => (input: Buffer) => sign(testKey(key).alg, testKey(key).jwk, input)
const settings = (name: string, more = {}) => ({ settings: name, ...more })

export const keysVectors: Subject = {
  name: 'keys',
  title: 'Key sets: which key is meant, and keys that must not verify anything',
  vectors: [
    accepted('no-kid-one-of-kind', 'No kid in the token, and one key in the set that can be meant', selection, {
      header: { kid: undefined },
    }),
    accepted(
      'no-kid-anywhere',
      'One key without a name, and a token that names none',
      selection,
      settings('key-without-kid', { header: { kid: undefined } }),
    ),
    refused(
      'kid-of-nameless-key',
      'One key without a name, and a token that names one',
      selection,
      settings('key-without-kid'),
    ),
    refused(
      'two-nameless',
      'Two keys of one kind without names: which one is a guess',
      selection,
      settings('two-keys-without-kid', { header: { kid: undefined } }),
    ),
    accepted(
      'two-kinds-nameless',
      'Two keys without names, of different kinds',
      selection,
      settings('two-kinds-without-kid', { header: { kid: undefined } }),
    ),
    accepted(
      'two-kinds-nameless-second',
      'Two keys without names, and a token of the second kind',
      selection,
      settings('two-kinds-without-kid', { key: 'issuer-ed25519', header: { kid: undefined } }),
    ),
    refused(
      'duplicate-first',
      'Two keys with one name, signed by the first',
      'Wycheproof, json_web_key',
      settings('duplicate-kid', { header: { kid: 'k1' } }),
    ),
    refused(
      'duplicate-second',
      'Two keys with one name, signed by the second',
      'Wycheproof, json_web_key',
      settings('duplicate-kid', { key: 'issuer-es256-next', header: { kid: 'k1' } }),
    ),
    refused('duplicate-other-kind', 'Two keys of different kinds with one name', 'Wycheproof, json_web_key', {
      latitude: equivalentKeys,
      settings: 'duplicate-kid-two-kinds',
      header: { kid: 'k1' },
    }),
    refused('duplicate-other-kind-second', 'The same, and the second kind', 'Wycheproof, json_web_key', {
      latitude: equivalentKeys,
      settings: 'duplicate-kid-two-kinds',
      key: 'issuer-ed25519',
      header: { kid: 'k1' },
    }),
    accepted(
      'kid-path',
      'A name that is a path, and is the key’s',
      selection,
      settings('odd-kids', { header: { kid: '../../keys/issuer' } }),
    ),
    accepted(
      'kid-unicode',
      'A name with letters outside of ASCII',
      selection,
      settings('odd-kids', { key: 'issuer-ed25519', header: { kid: 'schlüssel ☃' } }),
    ),
    refused(
      'kid-unicode-decomposed',
      'The same name, composed otherwise',
      selection,
      settings('odd-kids', { key: 'issuer-ed25519', header: { kid: 'schlu\u0308ssel ☃' } }),
    ),
    refused('no-keys', 'The issuer publishes no key', selection, settings('no-keys')),
    refused(
      'no-keys-none',
      'The issuer publishes no key, and the token has no signature',
      selection,
      settings('no-keys', {
        header: { alg: 'none', kid: undefined },
        write: ({ header, claims }: { header: string; claims: string }) => `${header}.${claims}.`,
      }),
    ),
    accepted('among-unknown', 'A key among others that nobody knows', 'RFC 7517 §5', settings('next-to-unknown-keys')),
    refused(
      'unknown-kind',
      'The key that nobody knows',
      'RFC 7517 §5',
      settings('next-to-unknown-keys', { header: { kid: 'q1' } }),
    ),
    refused(
      'unknown-kind-alg',
      'The key that nobody knows, with its algorithm',
      'RFC 7517 §5',
      settings('next-to-unknown-keys', { header: { kid: 'q1', alg: 'Q256' } }),
    ),
    refused(
      'without-kty',
      'The key that does not say its kind',
      'RFC 7517 §4.1',
      settings('next-to-unknown-keys', { header: { kid: 'no-kty' } }),
    ),

    refused('use-enc', 'A key for encryption', use, settings('key-for-encryption')),
    refused(
      'key-ops-without-verify',
      'A key whose operations leave verification out',
      use,
      settings('key-operations-without-verify'),
    ),
    accepted('key-ops-verify', 'A key whose operations are verification', use, settings('key-operations-verify')),
    refused(
      'alg-rs384-for-rs256',
      'A key that says RS384, and a token of RS256',
      'RFC 7517 §4.4',
      settings('key-of-other-alg', { key: 'issuer-rs256' }),
    ),
    refused(
      'alg-ps256-for-rs256',
      'A key that says PS256, and a token of RS256',
      'RFC 7517 §4.4',
      settings('key-for-pss', { key: 'issuer-rs256' }),
    ),
    accepted(
      'alg-ps256',
      'A key that says PS256, and a token of PS256',
      'RFC 7517 §4.4',
      settings('key-for-pss', { key: 'issuer-rs256', header: { alg: 'PS256' } }),
    ),
    refused(
      'alg-hs256-for-rs256',
      'A public key that says HS256, and a token of RS256',
      'RFC 7517 §4.4',
      settings('key-alg-symmetric', { key: 'issuer-rs256' }),
    ),

    refused(
      'rsa-1024',
      'A good signature by an RSA key of 1024 bits',
      weak,
      settings('rsa-1024', { key: 'short-rsa' }),
    ),
    refused('rsa-2047', 'A good signature by an RSA key of 2047 bits', weak, settings('rsa-2047', { key: 'odd-rsa' })),
    refused(
      'rsa-exponent-1',
      'A signature by exponent 1, which anybody can make',
      'RFC 8017 §3.1; Wycheproof, json_web_key',
      settings('rsa-exponent-1', {
        key: 'issuer-rs256',
        sign: (input: Buffer) =>
          pkcs1Block(
            testKey('issuer-rs256').jwk,
            Buffer.concat([sha256Info, createHash('sha256').update(input).digest()]),
          ),
      }),
    ),
    refused(
      'rsa-exponent-1-usual',
      'A usual signature where the exponent is said to be 1',
      'RFC 8017 §3.1',
      settings('rsa-exponent-1', { key: 'issuer-rs256' }),
    ),
    refused('rsa-exponent-3', 'A good signature by a key with exponent 3', 'FIPS 186-5 §5.4', {
      latitude: 'RFC 8017 §3.1 allows an exponent of 3; FIPS 186-5 demands more than 65536',
      settings: 'rsa-exponent-3',
      key: 'issuer-rsa-e3',
    }),

    refused('point-off-curve', 'A point that is not on the curve', points, settings('point-off-curve')),
    refused('point-zero', 'The point (0, 0)', points, settings('point-zero')),
    refused(
      'point-zero-trivial',
      'The point (0, 0) and r = s = 1',
      points,
      settings('point-zero', { sign: () => joseSignature({ r: 1n, s: 1n }, 32) }),
    ),
    refused('point-beyond-field', 'A coordinate as large as the field', points, settings('point-beyond-field')),
    refused('point-too-long', 'A coordinate of 33 octets', 'RFC 7518 §6.2.1.2', settings('point-too-long')),
    refused('point-without-y', 'A point with one coordinate', 'RFC 7518 §6.2.1.3', settings('point-without-y')),
    refused(
      'curve-swapped',
      'A key of P-256 that says P-384, and ES384',
      points,
      settings('curve-swapped', {
        header: { alg: 'ES384' },
        sign: (input: Buffer) =>
          joseSignature(
            ecdsaSign(
              { ...p256, hash: 'sha384' },
              toBigInt(Buffer.from(testKey('issuer-es256').jwk.d ?? '', 'base64url')),
              input,
            ),
            48,
          ),
      }),
    ),
    refused('curve-swapped-es256', 'A key of P-256 that says P-384, and ES256', points, settings('curve-swapped')),
    refused(
      'curve-of-bitcoin',
      'A key on secp256k1, and ES256',
      'RFC 8812 §3.1',
      settings('curve-of-bitcoin', {
        key: 'bitcoin-es256k',
        header: { alg: 'ES256' },
        sign: () => Buffer.alloc(64, 1),
      }),
    ),
    refused(
      'ed448-as-ed25519',
      'A key of Ed448 that says Ed25519',
      'RFC 8037 §2',
      settings('ed448-as-ed25519', { key: 'issuer-ed448', sign: signedBy('issuer-ed448') }),
    ),
    accepted(
      'certificate-beside',
      'A key beside which a certificate stands that nobody reads',
      'RFC 7517 §4.7',
      settings('certificate-beside-key'),
    ),
  ],
}
