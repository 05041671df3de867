import { importJWK, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { AccessTokenClaims } from '../domain/access-token.ts'
import { signWith } from '../keys/algorithms.ts'
import type { Keyring, SigningKey } from '../keys/keyring.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { TokenFormat } from './format.ts'

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** Media type of RFC 9068 access tokens, without `application/`. */
export const accessTokenType = 'at+jwt'

/** Signs claims as a compact JWS (RFC 7515 §3.1) with an explicit type (RFC 8725 §3.11). */
export const signJwt = async (key: SigningKey, type: string, claims: object): Promise<string> => {
  const header = base64url(`{"typ":"${type}","alg":"${key.algorithm}","kid":"${key.kid}"}`)
  const input = `${header}.${base64url(JSON.stringify(claims))}`
  const signature = await signWith(key.algorithm, key.privateKey, Buffer.from(input))
  return `${input}.${signature.toString('base64url')}`
}

/** Access tokens as signed JWTs (RFC 9068). */
export const createJwtFormat = ({ keyring }: { readonly keyring: Keyring }): TokenFormat => {
  // A `kid` names one key for ever. Whether the key still counts is asked of the keyring every time.
  const imported = createBoundedCache<string, CryptoKey | Uint8Array>(1000)
  return {
    name: 'jwt',
    prepare: (workspace, algorithm) => {
      const encoder = (key: SigningKey) => ({
        kid: key.kid,
        encode: (claims: AccessTokenClaims) => signJwt(key, accessTokenType, claims),
      })
      const key = keyring.signer(workspace, algorithm)
      return key instanceof Promise ? key.then(encoder) : encoder(key)
    },
    recognises: (token) => token.startsWith('eyJ'),
    read: async (workspace, token) => {
      const published = await keyring.published(workspace)
      const findKey: JWTVerifyGetKey = async ({ kid, alg }) => {
        const key = published.find((candidate) => candidate.kid === kid && candidate.alg === alg)
        if (key === undefined) throw new Error('no such key')
        const known = imported.get(key.kid)
        if (known !== undefined) return known
        const fresh = await importJWK(key, key.alg)
        imported.set(key.kid, fresh)
        return fresh
      }
      try {
        const { payload, protectedHeader } = await jwtVerify(token, findKey, {
          typ: accessTokenType,
          algorithms: published.map(({ alg }) => alg),
          // Authenticity only: whether it is alive is asked in one place, `inspect.ts`, by the server's own clock.
          currentDate: new Date(0),
        })
        return { claims: payload as unknown as AccessTokenClaims, kid: protectedHeader.kid ?? '', format: 'jwt' }
      } catch {
        return undefined
      }
    },
  }
}
