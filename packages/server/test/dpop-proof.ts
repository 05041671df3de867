import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'

type Part = Readonly<Record<string, unknown>>
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Someone who makes DPoP proofs with one key of P-256, right ones and wrong ones. */
export const proofMaker = async (url: string, now: () => number) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  const signed = (header: Part, claims: Part, key: KeyObject = privateKey): string => {
    const input = `${encode(header)}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }
  const header = (more: Part = {}): Part => ({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...more })
  const claims = (more: Part = {}): Part => ({
    ...{ jti: randomUUID(), htm: 'POST', htu: url, iat: Math.floor(now() / 1000) },
    ...more,
  })
  return {
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as JWK & { readonly d: string },
    jkt: await calculateJwkThumbprint(jwk),
    signed,
    header,
    claims,
    /** A proof that is right but for what is given. */
    proof: (moreClaims: Part = {}, moreHeader: Part = {}, key?: KeyObject): string =>
      signed(header(moreHeader), claims(moreClaims), key),
  }
}
