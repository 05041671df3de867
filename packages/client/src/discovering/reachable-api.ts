import type { AccessToken } from '../access-token.ts'
import { TokenError } from '../errors.ts'
import type { TokenSource } from '../token-source.ts'
import { fetchProtectedResource, reaches } from './protected-resource.ts'
import { type ResourceChallenge, readResourceChallenge } from './resource-challenge.ts'

/** An issuer the caller allows, and how tokens are got from it. */
export interface KnownIssuer {
  readonly issuer: string
  readonly source: TokenSource
}

export interface ReachableApiOptions {
  /** In the caller's order of preference. */
  readonly issuers: readonly KnownIssuer[]
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  readonly fetch: typeof globalThis.fetch
  readonly timeout: number
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
}

/** How a token for one part of an API is got. */
export interface Way {
  readonly path: string
  readonly from: KnownIssuer
  readonly wanted: { readonly scope: readonly string[]; readonly resource: string }
  readonly foundAt: number
  /** When the issuer refused more scopes for it. */
  readonly deniedAt?: number
}

/** An answer of the API that refuses, and what had been sent. */
export interface Refusal {
  readonly response: Response
  readonly target: URL
  readonly way: Way | undefined
  readonly token: AccessToken | undefined
  readonly signal: AbortSignal | undefined
}

export interface ReachableApi {
  /** What was learned of this part of the API. */
  wayTo(target: URL): Way | undefined
  tokenBy(way: Way, signal: AbortSignal | undefined): Promise<AccessToken>
  /** A token to repeat a refused request with; undefined when the refusal is the answer. */
  tokenAfter(refusal: Refusal): Promise<AccessToken | undefined>
}

/** Parts of one API, beyond which the one learned first is forgotten. */
const maximumWays = 20
/** Milliseconds for which what was learned is not asked for again, however often the API refuses. */
const coolDown = 60_000

/** Learns by the challenges of one API which issuer and resource its tokens are of, within what the caller allows. */
export function reachableApi(options: ReachableApiOptions): ReachableApi {
  const { now, scopes: allowed } = options
  let ways: readonly Way[] = []
  const looking = new Map<string, Promise<Way>>()

  const wayTo = (target: URL): Way | undefined =>
    ways.filter(({ path }) => reaches(path, target)).sort((a, b) => b.path.length - a.path.length)[0]
  const remember = (way: Way): Way => {
    ways = [...ways.filter(({ path }) => path !== way.path), way].slice(-maximumWays)
    return way
  }
  const forget = (way: Way) => {
    ways = ways.filter((known) => known !== way)
  }
  const tokenBy = async (way: Way, signal: AbortSignal | undefined) => {
    try {
      return await way.from.source.token({ ...way.wanted, signal })
    } catch (error) {
      // What was learned leads to no token: the next request begins anew, since the API may have moved.
      if (error instanceof TokenError && error.code === 'refused') forget(way)
      throw error
    }
  }
  const lookUp = async (metadata: string, scope: readonly string[], target: URL): Promise<Way> => {
    const { fetch, timeout, resource: expected } = options
    const found = await fetchProtectedResource({ metadata, target, resource: expected, fetch, timeout })
    const from = options.issuers.find(({ issuer }) => found.authorizationServers.includes(issuer))
    if (from === undefined) throw refused('trusts no issuer that it may be called with')
    return remember({ path: found.path, from, wanted: { scope, resource: found.resource }, foundAt: now() })
  }
  /** One look for any number of requests that were refused in the same words. */
  const find = (metadata: string, scope: readonly string[], target: URL): Promise<Way> => {
    const key = JSON.stringify([metadata, scope, target.pathname])
    const running = looking.get(key) ?? lookUp(metadata, scope, target).finally(() => looking.delete(key))
    looking.set(key, running)
    return running
  }
  const scopesFor = ({ scopes }: ResourceChallenge, way: Way | undefined): readonly string[] => {
    if (scopes === undefined) return way?.wanted.scope ?? allowed
    if (!scopes.every((scope) => allowed.includes(scope))) throw refused('asks for a scope that it is not allowed')
    return [...new Set([...(way?.wanted.scope ?? []), ...scopes])].sort()
  }

  const afterUnauthorized = async (refusal: Refusal): Promise<AccessToken | undefined> => {
    const { way, token, signal } = refusal
    if (way === undefined || token === undefined) return firstToken(refusal)
    const moved = now() - (wayTo(refusal.target) ?? way).foundAt < coolDown ? undefined : await lookAgain(refusal, way)
    if (moved !== undefined) return tokenBy(moved, signal)
    return way.from.source.renewToken(token, { ...way.wanted, signal })
  }
  const firstToken = async ({ response, target, signal }: Refusal): Promise<AccessToken | undefined> => {
    const challenge = readResourceChallenge(response.headers.get('www-authenticate'))
    if (challenge?.metadata === undefined) return undefined
    // Another request may have learned it while this one was on its way.
    const known = wayTo(target)
    const scope = scopesFor(challenge, known)
    if (known === undefined) return tokenBy(await find(challenge.metadata, scope, target), signal)
    return tokenBy(remember({ ...known, wanted: { ...known.wanted, scope } }), signal)
  }
  /** The new way when the API has changed its issuer or resource; a challenge that leads nowhere changes nothing. */
  const lookAgain = async ({ response, target }: Refusal, way: Way): Promise<Way | undefined> => {
    try {
      const challenge = readResourceChallenge(response.headers.get('www-authenticate'))
      if (challenge?.metadata === undefined) return undefined
      const found = await find(challenge.metadata, scopesFor(challenge, way), target)
      return found.from === way.from && sameWanted(found, way) ? undefined : found
    } catch (error) {
      if (error instanceof TokenError) return undefined
      throw error
    }
  }
  /** RFC 6750 §3.1: the token is good and not enough. Each scope is added once, so this ends. */
  const afterForbidden = async ({ response, way, signal }: Refusal): Promise<AccessToken | undefined> => {
    if (way === undefined) return undefined
    let wider: readonly string[]
    try {
      const challenge = readResourceChallenge(response.headers.get('www-authenticate'))
      if (challenge?.error !== 'insufficient_scope') return undefined
      wider = scopesFor(challenge, way)
    } catch (error) {
      if (error instanceof TokenError) return undefined
      throw error
    }
    if (wider.length === way.wanted.scope.length) return undefined
    if (way.deniedAt !== undefined && now() - way.deniedAt < coolDown) return undefined
    const wanted = { ...way.wanted, scope: wider }
    try {
      const token = await way.from.source.token({ ...wanted, signal })
      remember({ ...way, wanted })
      return token
    } catch (error) {
      if (!(error instanceof TokenError && error.code === 'refused')) throw error
      // The client is not permitted it, so the 403 is the answer, and will be for a while.
      remember({ ...way, deniedAt: now() })
      return undefined
    }
  }

  return {
    wayTo,
    tokenBy,
    tokenAfter: async (refusal) => {
      if (refusal.response.status === 401) return afterUnauthorized(refusal)
      return refusal.response.status === 403 ? afterForbidden(refusal) : undefined
    },
  }
}

const sameWanted = (a: Way, b: Way) => JSON.stringify(a.wanted) === JSON.stringify(b.wanted)

const refused = (what: string) => new TokenError('discovery_refused', `The API ${what}`)
