import { type AuthorizationServerMetadata, encodeForm } from '@mintmark/protocol'
import { discover } from '../discovery.ts'
import { TokenError } from '../errors.ts'
import { privateKeyJwt } from '../private-key-jwt.ts'
import { isJsonObject, type JsonResponse, requestJson, retryAfter } from '../request-json.ts'
import { isLoopback, secureUrl } from '../secure-url.ts'
import { signJws } from '../sign-jws.ts'
import type { RollingJwk } from './key-storage.ts'
import { algorithmOf, importPrivate, publicJwk, thumbprintOf } from './rolling-jwk.ts'

export interface ServerOptions {
  readonly issuer: string
  readonly clientId: string
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
/** Seconds a request lives. */
const lifetime = 60

/** The endpoint of this name; nothing is sent to one that is not safe. @throws TokenError `invalid_metadata` */
function endpointOf(metadata: AuthorizationServerMetadata, name: string, issuer: string): URL {
  const value = metadata[name]
  if (typeof value !== 'string') throw new TokenError('invalid_metadata', `The metadata of ${issuer} has no ${name}`)
  const url = secureUrl(value, name)
  if (url.protocol === 'http:' && !isLoopback(new URL(issuer))) {
    throw new TokenError('invalid_metadata', `${name} in the metadata points to this machine`)
  }
  return url
}

function refusal({ status, headers, json }: JsonResponse, origin: string, currentTime: number): TokenError {
  const error = isJsonObject(json) ? json.error : undefined
  const oauthError = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : undefined
  const reference = headers.get('mintmark-reference') ?? ''
  const said = `${origin} answered ${status}${oauthError === undefined ? '' : ` ${oauthError}`} to a roll-over of the key`
  const code =
    status === 429 || status >= 500 ? 'unavailable' : oauthError === undefined ? 'invalid_response' : 'refused'
  return new TokenError(code, said, {
    status,
    oauthError,
    reference: /^[A-Za-z0-9_-]{1,64}$/.test(reference) ? reference : undefined,
    retryAfter: retryAfter(headers, currentTime),
  })
}

/** The request: signed by the present key, and in it the next one, signed by itself. */
async function rolloverRequest(present: RollingJwk, next: RollingJwk, options: ServerOptions): Promise<string> {
  const { issuer, clientId, currentTime } = options
  const now = Math.floor(currentTime() / 1_000)
  const [alg, nextAlg] = [algorithmOf(present), algorithmOf(next)]
  const proof = await signJws(
    nextAlg,
    await importPrivate(next),
    { typ: 'client-next-key+jwt', alg: nextAlg, jwk: publicJwk(next) },
    { iss: clientId, aud: issuer, jkt: await thumbprintOf(present) },
  )
  const kid = present.kid === undefined ? {} : { kid: present.kid }
  return signJws(
    alg,
    await importPrivate(present),
    { typ: 'client-key-rollover+jwt', alg, ...kid },
    {
      ...{ iss: clientId, sub: clientId, aud: issuer, jti: crypto.randomUUID(), iat: now, exp: now + lifetime },
      next_key: proof,
    },
  )
}

/**
 * Asks the server to let one key follow the other. The same again is answered the same.
 * @throws TokenError `refused`, `unavailable`, `invalid_response`, `invalid_metadata`, `unreachable`, `timeout`
 */
export async function rollOver(present: RollingJwk, next: RollingJwk, options: ServerOptions): Promise<void> {
  const { issuer, fetch, timeout, currentTime } = options
  const url = endpointOf(await discover(options), 'client_key_rollover_endpoint', issuer)
  const body = encodeForm([['rollover', await rolloverRequest(present, next, options)]])
  const response = await requestJson({ url, method: 'POST', headers: form, body, fetch, timeout })
  if (response.status !== 200) throw refusal(response, url.origin, currentTime())
  const { json } = response
  if (!isJsonObject(json) || json.kid !== next.kid) {
    throw new TokenError('invalid_response', `${url.origin} answered a roll-over with another key than was asked for`)
  }
}

/**
 * Whether a key proves the client: by a revocation of nothing, which needs the proof and has no effect (RFC 7009 §2.2).
 * @throws TokenError when it cannot be known
 */
export async function provesClient(key: RollingJwk, options: ServerOptions): Promise<boolean> {
  const { issuer, clientId, fetch, timeout, currentTime } = options
  const endpoint = endpointOf(await discover(options), 'revocation_endpoint', issuer)
  const signal = AbortSignal.timeout(timeout)
  const proof = await privateKeyJwt({ key, currentTime }).authenticate({ clientId, endpoint, issuer, signal })
  const body = encodeForm([['token', 'none'], ...proof.parameters])
  const response = await requestJson({ url: endpoint, method: 'POST', headers: form, body, fetch, timeout })
  if (response.status === 200) return true
  const error = refusal(response, endpoint.origin, currentTime())
  if (error.oauthError === 'invalid_client') return false
  throw error
}
