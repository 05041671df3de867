import { changed } from '../changed-signature.ts'
import { sign } from '../sign.ts'
import { testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('signature')

const jws = 'RFC 7515 §5.2'

const flipped = (octet: number) => (signature: Buffer) =>
  Uint8Array.from(signature, (value, index) =>
    index === (octet + signature.length) % signature.length ? value ^ 1 : value,
  )

const keys = ['issuer-es256', 'issuer-es384', 'issuer-es512', 'issuer-rs256', 'issuer-ps256', 'issuer-ed25519']

export const signatureVectors: Subject = {
  name: 'signature',
  title: 'Signatures: good ones of every algorithm, and what is done to their octets',
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
  ],
}
