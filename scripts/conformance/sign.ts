import { createHash, createHmac, createPrivateKey, sign as nodeSign } from 'node:crypto'
import { ecdsaSign, joseSignature, p256, p384, p521, toBigInt } from './ecdsa.ts'
import { pssSign } from './rsa.ts'

/** Signs as an algorithm of RFC 7518 says; the same input always gives the same signature. */
export function sign(alg: string, key: JsonWebKey, input: Uint8Array): Buffer {
  const signer = signers[alg]
  if (signer === undefined) throw new Error(`There is no signer for ${alg}`)
  return signer(key, input)
}

export const hmac = (hash: string, secret: Uint8Array, input: Uint8Array): Buffer =>
  createHmac(hash, secret).update(input).digest()

type Signer = (key: JsonWebKey, input: Uint8Array) => Buffer

const ecdsa =
  (curve: typeof p256): Signer =>
  (key, input) =>
    joseSignature(ecdsaSign(curve, toBigInt(Buffer.from(key.d ?? '', 'base64url')), input), curve.size)

const pkcs1 =
  (hash: string): Signer =>
  (key, input) =>
    nodeSign(hash, input, createPrivateKey({ key, format: 'jwk' }))

const pss =
  (hash: 'sha256' | 'sha384' | 'sha512'): Signer =>
  (key, input) =>
    pssSign(key, input, { hash, salt: createHash(hash).update('salt').update(input).digest() })

const edwards: Signer = (key, input) => nodeSign(null, input, createPrivateKey({ key, format: 'jwk' }))

const signers: Readonly<Record<string, Signer>> = {
  ES256: ecdsa(p256),
  ES384: ecdsa(p384),
  ES512: ecdsa(p521),
  RS256: pkcs1('sha256'),
  RS384: pkcs1('sha384'),
  RS512: pkcs1('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  EdDSA: edwards,
  Ed25519: edwards,
}
