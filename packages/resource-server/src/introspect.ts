import {
  type ClientAuthentication,
  type ClientAuthenticator,
  type Credential,
  clientAuthenticator,
  endpointFor,
  isJsonObject,
  type MetadataSource,
  requestJson,
  secureUrl,
  TokenError,
} from '@mintmark/client/transport'
import { accessTokenPrefix, encodeForm, OAuthError, openFormat } from '@mintmark/protocol'
import { boundedCache } from './bounded-cache.ts'
import { milliseconds } from './milliseconds.ts'
import { places } from './places.ts'
import { invalidToken, undecidable } from './refusals.ts'
import type { TokenVerifier, TypeClaims } from './token-verifier.ts'
import { checkNotBefore, checkNotExpired, shown, type VerifiedToken, verifiedToken } from './verified-token.ts'

export interface IntrospectionCredentials {
  readonly clientId: string
  /** What the client proves itself with: a secret, a function that gives the current one, or another kind, or two. */
  readonly credential: Credential
  /** Milliseconds for which an answer is used again, never past the token's expiry. Default 10 000; 0 asks every time. */
  readonly maximumAge?: number | undefined
}

export interface IntrospectorOptions<Claims> {
  readonly issuer: string
  readonly audience: string
  readonly credentials: IntrospectionCredentials
  readonly metadata: MetadataSource
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
  readonly typed: TypeClaims<Claims>
}

type Remembered<Claims> =
  | { readonly active: true; readonly token: VerifiedToken<Claims>; readonly until: number }
  | { readonly active: false; readonly error: OAuthError; readonly until: number }

/** Bytes of an answer beyond which it is refused: much of it is remembered. */
const maximumAnswer = 65_536
const rememberedTokens = 10_000
const rememberedRefusals = 1_000
/** Questions at once about tokens that were not good before: whoever sends some could have as many as they like. */
export const maximumQuestions = 1_000
/** More requests than a question takes. */
const requestsOfQuestion = 5

/**
 * Verifies tokens of any format by asking the issuer (RFC 7662). Only a literal `active: true` counts, and only with
 * our audience. Answers are remembered by the token's digest, refusals apart from the rest, so that a flood of bad tokens
 * does not push out good ones; nor does it open more than a thousand connections, and tokens that were good get theirs.
 */
export function introspector<Claims>(options: IntrospectorOptions<Claims>): TokenVerifier<Claims> {
  const { now, currentTime } = options
  const maximumAge = milliseconds('maximumAge', options.credentials.maximumAge ?? 10_000)
  const good = boundedCache<Remembered<Claims>>(rememberedTokens)
  const bad = boundedCache<Remembered<Claims>>(rememberedRefusals)
  const authenticator = clientAuthenticator(options.credentials)
  const questions = places({ maximum: maximumQuestions, patience: options.timeout * requestsOfQuestion, now })
  const ask = async (token: string, digest: string): Promise<Answer> => {
    if (good.get(digest) !== undefined) return introspect(token, authenticator, options)
    const done = questions.take()
    if (done === undefined) throw undecidable('introspection-overloaded')
    return introspect(token, authenticator, options).finally(done)
  }

  return {
    recall: (digest) => {
      const remembered = good.get(digest) ?? bad.get(digest)
      if (remembered === undefined || now() >= remembered.until) return undefined
      if (!remembered.active) throw remembered.error
      return currentTime() < remembered.token.expiresAt * 1_000 ? remembered.token : undefined
    },
    verify: async ({ token, digest }) => {
      // Our own format carries a checksum: a mangled token need not travel.
      if (token.startsWith(accessTokenPrefix) && openFormat(accessTokenPrefix, token) === undefined) {
        throw invalidToken('token-checksum')
      }
      const until = now() + maximumAge
      try {
        const verified = await options.typed(checkAnswer(await ask(token, digest), options))
        good.set(digest, { active: true, token: verified, until })
        return verified
      } catch (error) {
        good.delete(digest)
        if (error instanceof OAuthError && error.code === 'invalid_token') {
          bad.set(digest, { active: false, error, until })
        }
        throw error
      }
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

async function introspect<Claims>(
  token: string,
  authenticator: ClientAuthenticator,
  { issuer, metadata, fetch, timeout }: IntrospectorOptions<Claims>,
): Promise<Answer> {
  try {
    const found = endpointFor(await metadata.get(), 'introspection_endpoint', authenticator.credentials())
    if (found === undefined) throw new Error('The metadata has no introspection_endpoint')
    const endpoint = secureUrl(found, 'introspection_endpoint')
    const send = async ({ headers, parameters, fetch: fetchOfProof = fetch }: ClientAuthentication) => {
      const { status, json } = await requestJson({
        url: endpoint,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: encodeForm([['token', token], ['token_type_hint', 'access_token'], ...parameters]),
        fetch: fetchOfProof,
        timeout,
        maximumBytes: maximumAnswer,
      })
      if (status === 200 && isJsonObject(json)) return json
      if (status === 200) throw new Error('The introspection endpoint answered with something other than JSON')
      const refused = isJsonObject(json) && json.error === 'invalid_client' ? { oauthError: json.error } : {}
      throw new TokenError('refused', `The introspection endpoint answered ${status}`, { status, ...refused })
    }
    return await authenticator.send({ endpoint, issuer, timeout, send })
  } catch (cause) {
    throw undecidable('introspection-unavailable', cause)
  }
}

function checkAnswer<Claims>(
  answer: Answer,
  { issuer, audience, currentTime }: IntrospectorOptions<Claims>,
): VerifiedToken {
  if (answer.active !== true) throw invalidToken('inactive')
  if (answer.iss !== undefined && answer.iss !== issuer) {
    throw invalidToken('claim-iss', { expected: issuer, received: shown(answer.iss) })
  }
  const verified = verifiedToken(answer, { issuer, audience })
  const { token_type: named = 'Bearer' } = answer
  const type = typeof named === 'string' ? named.toLowerCase() : undefined
  // Who says DPoP must say which key; some servers say Bearer of every token.
  if (
    type !== 'bearer' &&
    !(type === 'dpop' && verified.confirmation !== undefined && 'jkt' in verified.confirmation)
  ) {
    throw invalidToken('token-type', { expected: 'Bearer, or DPoP with a key', received: shown(named) })
  }
  const seconds = currentTime() / 1_000
  checkNotExpired(answer, seconds)
  checkNotBefore(answer, seconds)
  return verified
}
