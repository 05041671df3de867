import { randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A key of a client, as it has it. */
export type HeldKey = {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  /** Its thumbprint, which is its name once it was rolled over to. */
  readonly kid: string
}

export const newKey = async (alg = 'ES256'): Promise<HeldKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { alg, privateKey, jwk, kid: await calculateJwkThumbprint(jwk) }
}

type Part = Readonly<Record<string, unknown>>

/** How a request differs from a good one; a member that is undefined is left out. */
export type Differences = {
  readonly header?: Part
  readonly claims?: Part
  readonly nextHeader?: Part
  readonly nextClaims?: Part
  /** Who signs instead of the next key. */
  readonly nextSigner?: HeldKey
  /** In place of the proof of the next key. */
  readonly proof?: unknown
}

export type Making = {
  readonly client: string
  readonly issuer: string
  /** Epoch milliseconds. */
  readonly now: number
  readonly present: HeldKey
  readonly next: HeldKey
}

const without = (part: Part): JWTPayload =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined))

const sign = (header: Part, claims: Part, { privateKey, alg }: HeldKey): Promise<string> =>
  new SignJWT(without(claims))
    .setProtectedHeader({ ...without({ ...header }), alg: String(header.alg ?? alg) })
    .sign(privateKey)

/** The request of a roll-over, made by another library than ours. */
export const rolloverOf = async (
  { client, issuer, now, present, next }: Making,
  { header = {}, claims = {}, nextHeader = {}, nextClaims = {}, nextSigner = next, proof }: Differences = {},
): Promise<string> => {
  const seconds = Math.floor(now / 1000)
  const inner =
    proof ??
    (await sign(
      { typ: 'client-next-key+jwt', jwk: next.jwk, ...nextHeader },
      { iss: client, aud: issuer, jkt: present.kid, ...nextClaims },
      nextSigner,
    ))
  return sign(
    { typ: 'client-key-rollover+jwt', kid: present.kid, ...header },
    {
      ...{ iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: seconds, exp: seconds + 60 },
      next_key: inner,
      ...claims,
    },
    present,
  )
}

/** A client assertion (RFC 7523 §2.2) by a key. */
export const assertionBy = (
  key: HeldKey,
  { client, issuer, now }: Pick<Making, 'client' | 'issuer' | 'now'>,
  claims: Part = {},
): Promise<string> => {
  const seconds = Math.floor(now / 1000)
  return sign(
    { typ: 'client-authentication+jwt' },
    { iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: seconds, exp: seconds + 60, ...claims },
    key,
  )
}
