import { TokenError } from '../errors.ts'
import { isJsonObject, requestJson } from '../request-json.ts'
import { secureUrl } from '../secure-url.ts'

export interface ResourceLookup {
  /** URL of the metadata, as the API wrote it. */
  readonly metadata: string
  /** What was asked for when the API named it. */
  readonly target: URL
  /** What tokens of the API are for, when the caller knows it; the metadata may then call it that. */
  readonly resource: string | undefined
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds. */
  readonly timeout: number
}

/** What an API says of itself (RFC 9728 §2), checked. */
export interface ProtectedResource {
  /** What tokens are to be asked for. */
  readonly resource: string
  /** The path from which on downwards the resource reaches; `/` for all of its origin. */
  readonly path: string
  readonly authorizationServers: readonly string[]
}

const maximumBytes = 65_536

/**
 * Fetches the metadata of a protected resource (RFC 9728 §3.2) from the API's own origin, without a token and without
 * following redirects, and checks that it speaks for what was asked for (§3.3): its `resource` is the one that the URL
 * of the metadata was derived from, and the request lies in it, or else it is the one the caller expects.
 * @throws TokenError `discovery_refused`, `insecure_url`, `redirect_refused`, `invalid_response` (too large),
 *   `unreachable`, `timeout`
 */
export async function fetchProtectedResource(lookup: ResourceLookup): Promise<ProtectedResource> {
  const url = secureUrl(lookup.metadata, 'The URL of the metadata of the API')
  if (url.origin !== lookup.target.origin) throw refused('is at another origin')
  const { fetch, timeout } = lookup
  const { status, json } = await requestJson({ url, fetch, timeout, maximumBytes })
  if (status !== 200 || !isJsonObject(json)) throw refused('could not be read', status)
  const { resource, authorization_servers: servers, bearer_methods_supported: methods = ['header'] } = json
  if (typeof resource !== 'string') throw refused('has no resource')
  if (!isListOfText(servers)) throw refused('names no authorization server')
  if (!isListOfText(methods) || !methods.includes('header')) throw refused('takes no token in a header')
  if (resource === lookup.resource) return { resource, path: '/', authorizationServers: servers }
  const identifier = secureUrl(resource, 'The resource of the API')
  if (wellKnown(identifier) !== url.href) throw refused('is for another resource')
  if (!reaches(identifier.pathname, lookup.target)) throw refused('is for another part of the API')
  return { resource: lookup.resource ?? resource, path: identifier.pathname, authorizationServers: servers }
}

/** Whether a URL lies at a path or below it, by whole segments. */
export function reaches(path: string, { pathname }: URL): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
}

/** RFC 9728 §3.1: inserted between the host and the path. */
function wellKnown({ origin, pathname, search }: URL): string {
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`
}

const isListOfText = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')

const refused = (what: string, status?: number) =>
  new TokenError('discovery_refused', `The metadata of the API ${what}`, { status })
