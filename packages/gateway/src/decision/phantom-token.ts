import { createHash } from 'node:crypto'
import { clientAuthenticator, metadataSource, requestJson, secureUrl, TokenError } from '@mintmark/client/transport'
import { encodeForm, OAuthError } from '@mintmark/protocol'
import { type IssuerOptions, protect, type VerifiedToken } from '@mintmark/resource-server'
import type { VerifierSurroundings } from './verifiers.ts'

/**
 * Gives the JWT that stands for an opaque token that was verified.
 * @throws OAuthError `invalid_token` when the issuer says it is none, `temporarily_unavailable` when there is no JWT to have
 */
export type PhantomToken = (value: string, token: VerifiedToken) => Promise<string>

export type PhantomStatistics = { readonly onAsked: () => void; readonly onRemembered: () => void }

type Remembered = { readonly jwt: string; readonly expiresAt: number; readonly until: number }

const rememberedTokens = 10_000
const defaultAge = 10_000

/**
 * Swaps opaque tokens of one API for JWTs at the issuer's introspection endpoint (`Accept: application/jwt`, as Curity's
 * phantom tokens). The JWT is verified as the API would, offline: the same client and audience, and not longer to live
 * than the token it stands for. It is remembered as long as an answer of introspection is, never past its expiry.
 */
export const createPhantomTokens = (
  audience: string,
  issuers: readonly IssuerOptions[],
  surroundings: VerifierSurroundings,
  statistics: PhantomStatistics,
): PhantomToken => {
  const { now, currentTime } = surroundings
  const asks = new Map(
    issuers
      .filter(({ introspection }) => introspection !== undefined)
      .map((issuer) => [issuer.issuer, { ask: createAsk(audience, issuer, surroundings), age: ageOf(issuer) }]),
  )
  const remembered = new Map<string, Remembered>()
  const pending = new Map<string, Promise<string>>()

  return async (value, token) => {
    const issuer = asks.get(token.issuer)
    if (issuer === undefined) throw noJwt('swap-issuer')
    const digest = createHash('sha256').update(value).digest('base64')
    const known = remembered.get(digest)
    if (known !== undefined && now() < known.until && currentTime() < known.expiresAt * 1000) {
      statistics.onRemembered()
      return known.jwt
    }
    const underWay = pending.get(digest)
    if (underWay !== undefined) return underWay
    const fetchNow = async (): Promise<string> => {
      try {
        const until = now() + issuer.age
        statistics.onAsked()
        const jwt = await issuer.ask(value, token)
        remembered.delete(digest)
        remembered.set(digest, { jwt, expiresAt: token.expiresAt, until })
        if (remembered.size > rememberedTokens) remembered.delete(remembered.keys().next().value ?? '')
        return jwt
      } finally {
        pending.delete(digest)
      }
    }
    const promise = fetchNow()
    pending.set(digest, promise)
    return promise
  }
}

const ageOf = ({ introspection }: IssuerOptions): number => introspection?.maximumAge ?? defaultAge

const noJwt = (check: string, cause?: unknown): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The access token cannot be checked at the moment.', {
    headers: { 'Retry-After': '5' },
    check,
    cause,
  })

const createAsk = (audience: string, options: IssuerOptions, surroundings: VerifierSurroundings): PhantomToken => {
  const { issuer, introspection } = options
  const { fetch, timeout, now, currentTime, onTrouble } = surroundings
  if (introspection === undefined) throw new TypeError(`${issuer} has no introspection`)
  const metadata = metadataSource({ issuer, fetch, timeout, now })
  const authenticator = clientAuthenticator(introspection)
  const offline = protect({
    issuer: { ...options, introspection: undefined, opaquePrefix: undefined, verification: 'offline' },
    audience,
    fetch,
    timeout,
    now,
    currentTime,
    onTrouble,
  })

  const request = async (value: string) => {
    const { introspection_endpoint: found } = await metadata.get()
    if (found === undefined) throw new TypeError('The metadata has no introspection_endpoint')
    const endpoint = secureUrl(found, 'introspection_endpoint')
    return authenticator.send({
      endpoint,
      issuer,
      timeout,
      send: async ({ headers, parameters, fetch: fetchOfProof = fetch }) => {
        const answer = await requestJson({
          url: endpoint,
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            ...headers,
            accept: 'application/jwt',
          },
          body: encodeForm([['token', value], ['token_type_hint', 'access_token'], ...parameters]),
          fetch: fetchOfProof,
          timeout,
        })
        if (answer.status === 200 || answer.status === 204) return answer
        const error = (answer.json as { error?: unknown } | undefined)?.error
        const refused = error === 'invalid_client' ? { oauthError: error } : {}
        throw new TokenError('refused', `The introspection endpoint answered ${answer.status}`, {
          status: answer.status,
          ...refused,
        })
      },
    })
  }

  return async (value, token) => {
    const answer = await request(value).catch((cause: unknown) => {
      throw noJwt('swap-unavailable', cause)
    })
    const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (answer.status === 204 || (answer.json as { active?: unknown } | undefined)?.active === false) {
      throw new OAuthError('invalid_token', 'The access token is not valid.', { check: 'inactive' })
    }
    if (type !== 'application/jwt' || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(answer.text)) throw noJwt('swap-unsupported')
    const decision = await offline.authorize(
      { method: 'GET', url: '/', header: (name) => (name === 'authorization' ? [`Bearer ${answer.text}`] : []) },
      [],
    )
    if (!decision.allowed) throw noJwt('swap-not-verified')
    const { clientId, expiresAt } = decision.token
    if (clientId !== token.clientId || expiresAt > token.expiresAt) throw noJwt('swap-other-token')
    return answer.text
  }
}
