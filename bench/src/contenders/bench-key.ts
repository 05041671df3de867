import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A key pair of the benchmark, P-256: of a client, or of whoever binds tokens by DPoP. */
export type BenchKey = {
  readonly privateKey: KeyObject
  /** The public members, in the order of RFC 7638 §3.2. */
  readonly jwk: { readonly crv: string; readonly kty: string; readonly x: string; readonly y: string }
  /** Its thumbprint (RFC 7638). */
  readonly kid: string
}

export const makeKey = (): BenchKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv = '', kty = '', x = '', y = '' } = publicKey.export({ format: 'jwk' }) as Record<string, string>
  const jwk = { crv, kty, x, y }
  return { privateKey, jwk, kid: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url') }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWS in its compact form, ES256. */
export const signJwt = (header: object, claims: object, { privateKey }: BenchKey): string => {
  const input = `${encode({ alg: 'ES256', ...header })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
