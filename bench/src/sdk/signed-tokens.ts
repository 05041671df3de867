import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { JWK } from 'jose'

export const issuer = 'https://issuer.example'
export const audience = 'https://api.example'
export const scope = 'weather:read'
const keyId = 'bench-1'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An access token as Mintmark issues them (RFC 9068), ES256. */
const accessToken = (key: KeyObject): string => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, sub: 'weather-website', aud: audience, client_id: 'weather-website', scope }
  const payload = encode({ ...claims, iat: now, exp: now + 3600, jti: randomUUID() })
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: keyId })}.${payload}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** So many tokens of one new key, and the key to verify them by. */
export const signedTokens = (count: number): { readonly jwk: JWK; readonly tokens: readonly string[] } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid: keyId, alg: 'ES256', use: 'sig' },
    tokens: Array.from({ length: count }, () => accessToken(privateKey)),
  }
}
