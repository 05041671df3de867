import { createHash, createPublicKey } from 'node:crypto'
import { type ClientKeyAlgorithm, clientKeyAlgorithms } from '../domain/credential.ts'

/** A public key of a client, read and found good. */
export type ClientKey = {
  readonly algorithm: ClientKeyAlgorithm
  readonly kid: string
  readonly jwk: Readonly<Record<string, string>>
}

type Shape = {
  readonly algorithms: readonly ClientKeyAlgorithm[]
  /** The public members, in the order of RFC 7638 §3.2, in which a thumbprint has them. */
  readonly members: readonly string[]
}

const shapes: Readonly<Record<string, Shape>> = {
  'EC P-256': { algorithms: ['ES256'], members: ['crv', 'kty', 'x', 'y'] },
  'EC P-384': { algorithms: ['ES384'], members: ['crv', 'kty', 'x', 'y'] },
  'OKP Ed25519': { algorithms: ['Ed25519'], members: ['crv', 'kty', 'x'] },
  RSA: { algorithms: ['PS256', 'RS256'], members: ['e', 'kty', 'n'] },
}

/** Bits of an RSA modulus: fewer can be factored, more only slow us down. */
const rsaBits = { least: 2048, most: 8192 }
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const maximumKidLength = 256

/**
 * Reads a public key as a client proves itself by: one algorithm, public members alone.
 * @returns a sentence that says what is wrong with it, under `wrong`
 */
export const readClientKey = (input: Readonly<Record<string, unknown>>): ClientKey | { readonly wrong: string } => {
  const { kty, crv, alg, use, kid, key_ops: operations } = input
  if (secretMembers.some((name) => name in input)) {
    return { wrong: 'it holds a private key or a secret: send the public part, and take that one out of use' }
  }
  const type = typeof crv === 'string' ? `${kty} ${crv}` : String(kty)
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined
  if (shape === undefined) return { wrong: `it must be one of ${Object.keys(shapes).join(', ')}` }
  if (use !== undefined && use !== 'sig') return { wrong: 'its use is not sig' }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return { wrong: 'its key_ops do not allow to verify' }
  }
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > maximumKidLength)) {
    return { wrong: `its kid must be a text of 1 to ${maximumKidLength} characters` }
  }
  const algorithm = algorithmOf(alg, shape)
  if (algorithm === undefined) return { wrong: `its alg must be ${shape.algorithms.join(' or ')}` }
  const jwk: Record<string, string> = {}
  for (const name of shape.members) {
    const value = input[name]
    if (typeof value !== 'string' || (name !== 'kty' && name !== 'crv' && !isCanonicalBase64Url(value))) {
      return { wrong: `its ${name} is not base64url` }
    }
    jwk[name] = value
  }
  const fault = keyFault(jwk)
  if (fault !== undefined) return { wrong: fault }
  return { algorithm, kid: kid ?? thumbprint(jwk), jwk }
}

/** One key, one algorithm: an RSA key that does not say is for PS256. `EdDSA` is the older name of Ed25519 (RFC 9864). */
const algorithmOf = (alg: unknown, { algorithms }: Shape): ClientKeyAlgorithm | undefined => {
  if (alg === undefined) return algorithms[0]
  const named = alg === 'EdDSA' ? 'Ed25519' : alg
  return clientKeyAlgorithms.find((known) => known === named && algorithms.includes(known))
}

/** Whether the platform takes it for a key: a point on its curve, a modulus of a size we accept. */
const keyFault = (jwk: Readonly<Record<string, string>>): string | undefined => {
  try {
    const { asymmetricKeyDetails: details } = createPublicKey({ key: jwk, format: 'jwk' })
    if (jwk.kty !== 'RSA') return undefined
    const { modulusLength = 0, publicExponent = 0n } = details ?? {}
    if (modulusLength < rsaBits.least || modulusLength > rsaBits.most) {
      return `its modulus must have ${rsaBits.least} to ${rsaBits.most} bits`
    }
    return publicExponent < 65_537n || publicExponent % 2n === 0n || publicExponent > 0xffff_ffffn
      ? 'its exponent must be odd, and 65537 or more'
      : undefined
  } catch {
    return 'it is not a valid key'
  }
}

const isCanonicalBase64Url = (text: string): boolean =>
  text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text

/** RFC 7638. */
const thumbprint = (jwk: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
