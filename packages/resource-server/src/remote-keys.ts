import { isJsonObject, type MetadataSource, requestJson, secureUrl } from '@mintmark/client/transport'
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { type BoundedCache, boundedCache } from './bounded-cache.ts'
import { undecidable } from './refusals.ts'
import type { VerifiedToken } from './verified-token.ts'

/** Keys are fetched anew, in the background, when they are older than this: 5 minutes. */
export const keysFreshFor = 300_000
/** While the server is away, keys that should have been renewed are used for so long: 1 hour. */
export const keysStaleFor = 3_600_000
/** Between two refreshes for an unknown `kid`, and between two while the server is away and old keys serve: 30 seconds. */
export const refreshCoolDown = 30_000
/** Between two attempts while there are no keys at all: 1 second. */
export const failureCoolDown = 1_000

const rememberedTokens = 10_000
const maximumKeys = 100

/** The keys of one moment, with the tokens they have verified: other keys, another memory. */
export interface IssuerKeys<Claims> {
  readonly select: JWTVerifyGetKey
  readonly verified: BoundedCache<VerifiedToken<Claims>>
}

export interface KeySource<Claims> {
  /** @throws OAuthError `temporarily_unavailable` when there are none and the server does not give any */
  current(): Promise<IssuerKeys<Claims>>
  /**
   * Newer keys than the given ones, for a token whose key is not among them.
   * @returns undefined when there are none, or when that was asked a moment ago
   * @throws OAuthError `temporarily_unavailable` when it could not be asked
   */
  newerThan(keys: IssuerKeys<Claims>): Promise<IssuerKeys<Claims> | undefined>
}

export interface RemoteKeysOptions {
  /** Where the key set is. */
  readonly locate: () => Promise<URL>
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Told of each failed fetch, also where old keys bridge it. */
  readonly onTrouble: (error: unknown) => void
}

/** The key set of an issuer, found by its metadata or given; one request in flight for any number of callers. */
export function remoteKeys<Claims>(options: RemoteKeysOptions): KeySource<Claims> {
  const { now } = options
  let known: { readonly keys: IssuerKeys<Claims>; readonly text: string; readonly fetchedAt: number } | undefined
  let failure: { readonly error: unknown; readonly at: number } | undefined
  let pending: Promise<IssuerKeys<Claims>> | undefined
  let unknownKeyAt = Number.NEGATIVE_INFINITY

  const fetchNow = async (): Promise<IssuerKeys<Claims>> => {
    try {
      const set = await fetchKeySet(options)
      const text = JSON.stringify(set)
      const keys = known?.text === text ? known.keys : issuerKeys<Claims>(set)
      known = { keys, text, fetchedAt: now() }
      failure = undefined
      return keys
    } catch (error) {
      failure = { error, at: now() }
      options.onTrouble(error)
      throw undecidable('keys-unavailable', error)
    } finally {
      pending = undefined
    }
  }
  const refresh = (): Promise<IssuerKeys<Claims>> => {
    if (pending !== undefined) return pending
    if (failure !== undefined && now() - failure.at < failureCoolDown) {
      return Promise.reject(undecidable('keys-unavailable', failure.error))
    }
    pending = fetchNow()
    return pending
  }

  return {
    current: async () => {
      const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.fetchedAt
      if (known === undefined || age >= keysFreshFor + keysStaleFor) return refresh()
      // Nobody waits for a renewal, and its failure has been told.
      if (age >= keysFreshFor && now() - (failure?.at ?? Number.NEGATIVE_INFINITY) >= refreshCoolDown) {
        refresh().catch(() => undefined)
      }
      return known.keys
    },
    newerThan: async (keys) => {
      const newer = () => (known !== undefined && known.keys !== keys ? known.keys : undefined)
      if (newer() !== undefined) return newer()
      if (now() - unknownKeyAt >= refreshCoolDown) {
        unknownKeyAt = now()
        await refresh()
      } else if (pending !== undefined) {
        await pending
      } else if (failure !== undefined) {
        throw undecidable('keys-unavailable', failure.error)
      }
      return newer()
    },
  }
}

/**
 * The keys that are given instead of fetched.
 * @throws TypeError when they are not a set of public keys
 */
export function givenKeys<Claims>(set: JSONWebKeySet): KeySource<Claims> {
  const keys = issuerKeys<Claims>(publicKeySet(set))
  return { current: async () => keys, newerThan: async () => undefined }
}

/** The key set an issuer's metadata names. */
export const locateByMetadata = (metadata: MetadataSource) => async (): Promise<URL> => {
  const { jwks_uri: uri } = await metadata.get()
  if (uri === undefined) throw new Error('The metadata has no jwks_uri')
  return secureUrl(uri, 'jwks_uri')
}

function issuerKeys<Claims>(set: JSONWebKeySet): IssuerKeys<Claims> {
  return { select: createLocalJWKSet(set), verified: boundedCache(rememberedTokens) }
}

async function fetchKeySet({ locate, fetch, timeout }: RemoteKeysOptions): Promise<JSONWebKeySet> {
  const { status, json } = await requestJson({ url: await locate(), fetch, timeout })
  if (status !== 200) throw new Error(`The key set was answered with status ${status}`)
  return publicKeySet(json)
}

function publicKeySet(json: unknown): JSONWebKeySet {
  if (!isJsonObject(json) || !Array.isArray(json.keys)) throw new TypeError('The key set is not a JSON Web Key Set')
  if (json.keys.length > maximumKeys) throw new TypeError(`The key set has more than ${maximumKeys} keys`)
  for (const key of json.keys) {
    // A secret or private key in a published set: whoever reads the set could sign (RFC 7517 §9.2).
    if (!isJsonObject(key) || key.kty === 'oct' || 'd' in key || 'k' in key) {
      throw new TypeError('The key set has something else than public keys')
    }
  }
  return { keys: json.keys }
}
