import { createPublicKey, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { protect } from '@mintmark/resource-server'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { CallContender } from './call-cost.ts'
import { audience, issuer, scope, signedTokens } from './signed-tokens.ts'

const verifyAsync = promisify(verify)

/** What no verifier can do without: parse three parts, verify one signature. Nothing is checked but that. */
const bareParts = (token: string) => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  JSON.parse(Buffer.from(header, 'base64url').toString())
  JSON.parse(Buffer.from(payload, 'base64url').toString())
  return {
    data: Buffer.from(token.slice(0, header.length + 1 + payload.length)),
    signature: Buffer.from(signature, 'base64url'),
  }
}

const mustBe = (good: boolean): void => {
  if (!good) throw new Error('a good token was refused')
}

/** Verification of a token that was seen before and of new ones, by Mintmark, by jose and by the bare signature check. */
export const verificationContenders = (tokens: number): readonly CallContender[] => {
  const { jwk, tokens: all } = signedTokens(tokens)
  const jwks = { keys: [jwk] }
  const tokenAt = (index: number): string => all[index % tokens] ?? ''
  const bareKey = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
  const keys = createLocalJWKSet(jwks)
  const joseVerify = (token: string) => jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' })

  const protectedApi = async () => {
    const api = protect({ issuer: { issuer, keys: { jwks } }, audience })
    await api.ready()
    const lines = all.map((token) => [`Bearer ${token}`])
    const none: readonly string[] = []
    return async (index: number) => {
      const authorization = lines[index % tokens] ?? none
      const header = (name: string) => (name === 'authorization' ? authorization : none)
      const { allowed } = await api.authorize({ method: 'GET', url: '/weather', header }, [scope])
      mustBe(allowed)
    }
  }
  return [
    {
      name: 'bare crypto.verify, callback',
      count: tokens,
      prepare: () => async (index) => {
        const { data, signature } = bareParts(tokenAt(index))
        mustBe(await verifyAsync('sha256', data, bareKey, signature))
      },
    },
    {
      name: 'bare crypto.verify, synchronous',
      count: tokens,
      prepare: () => (index) => {
        const { data, signature } = bareParts(tokenAt(index))
        mustBe(verify('sha256', data, bareKey, signature))
      },
    },
    {
      name: 'jose.jwtVerify',
      count: tokens,
      prepare: () => async (index) => {
        await joseVerify(tokenAt(index))
      },
    },
    { name: 'mintmark, new token', count: tokens, prepare: protectedApi },
    {
      name: 'mintmark, token seen before',
      count: tokens * 100,
      prepare: async () => {
        const authorize = await protectedApi()
        for (let index = 0; index < tokens; index += 1) await authorize(index)
        return authorize
      },
    },
  ]
}
