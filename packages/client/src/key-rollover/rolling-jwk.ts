import { TokenError } from '../errors.ts'
import { type AssertionAlgorithm, base64url, importParameters } from '../sign-jws.ts'
import type { RollingJwk } from './key-storage.ts'

/** The members of a public key, in the order in which a thumbprint has them (RFC 7638 §3.2). */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

const encoder = new TextEncoder()
const wrong = (what: string) => new TokenError('secret_unavailable', `The client key ${what}`)

/** @throws TokenError `secret_unavailable` */
export function publicJwk(jwk: RollingJwk): Readonly<Record<string, string>> {
  const names = publicMembers[jwk.kty ?? '']
  if (names === undefined) throw wrong('is of no kind that is known here')
  const members = jwk as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    names.map((name) => {
      const value = members[name]
      if (typeof value !== 'string') throw wrong('is not whole')
      return [name, value]
    }),
  )
}

/** RFC 7638. */
export async function thumbprintOf(jwk: RollingJwk): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(JSON.stringify(publicJwk(jwk))))
  return base64url(new Uint8Array(digest))
}

/** @throws TokenError `secret_unavailable` */
export function algorithmOf({ kty, crv, alg }: RollingJwk): AssertionAlgorithm {
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  if (kty === 'EC' && crv === 'P-384') return 'ES384'
  if (kty === 'OKP' && crv === 'Ed25519') return 'Ed25519'
  if (kty === 'RSA') return alg === 'RS256' ? 'RS256' : 'PS256'
  throw wrong('is of no algorithm that is known here')
}

/** @throws TokenError `secret_unavailable` */
export async function importPrivate(jwk: RollingJwk): Promise<CryptoKey> {
  const { use: _use, key_ops: _operations, alg: _algorithm, ...members } = jwk
  try {
    return await crypto.subtle.importKey('jwk', members, importParameters[algorithmOf(jwk)], false, ['sign'])
  } catch (error) {
    if (error instanceof TokenError) throw error
    // What the platform says of a key it cannot read may hold a part of it.
    throw wrong('cannot be read, or is not a private one')
  }
}

/** A new private key, named by its thumbprint. @param now epoch seconds */
export async function newJwk(algorithm: AssertionAlgorithm, now: number): Promise<RollingJwk> {
  const rsa = algorithm === 'PS256' || algorithm === 'RS256'
  const parameters = {
    ...importParameters[algorithm],
    ...(rsa ? { modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) } : {}),
  }
  const pair = (await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])) as CryptoKeyPair
  const { key_ops: _operations, ext: _extractable, ...members } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const jwk: RollingJwk = { ...members, alg: algorithm, created: now }
  return { ...jwk, kid: await thumbprintOf(jwk) }
}
