import type { AuthorizationServerMetadata } from '@mintmark/protocol'
import type { ClientCredential } from './credential.ts'
import { TokenError } from './errors.ts'
import { inFlight } from './in-flight.ts'
import { isJsonObject, requestJson, retryAfter } from './request-json.ts'
import { isLoopback, secureUrl } from './secure-url.ts'

export interface DiscoveryOptions {
  /** The issuer exactly as the server writes it, no slash added or removed. */
  readonly issuer: string
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
}

/**
 * Fetches the metadata of an issuer (RFC 8414 §3): the well-known path inserted before the issuer's path first, then
 * `openid-configuration` appended to it (§5), for servers that publish only that.
 * @throws TokenError `invalid_metadata` when it is another issuer's or an endpoint in it is not safe to use,
 *   `insecure_url`, `redirect_refused`, `unreachable`, `timeout`, `unavailable`
 */
export async function discover({ issuer, fetch, timeout }: DiscoveryOptions): Promise<AuthorizationServerMetadata> {
  const base = secureUrl(issuer, 'The issuer')
  if (issuer.includes('?')) throw new TokenError('insecure_url', 'The issuer has a query')
  for (const url of metadataUrls(base)) {
    const { status, headers, json } = await requestJson({ url, fetch, timeout })
    if (status === 429 || status >= 500) {
      throw new TokenError('unavailable', `${base.origin} answered ${status} to a request for its metadata`, {
        status,
        retryAfter: retryAfter(headers, Date.now()),
      })
    }
    if (status === 200 && isJsonObject(json)) return checkMetadata(json, issuer, base)
  }
  throw new TokenError('invalid_metadata', `No metadata was found for ${issuer}`)
}

function metadataUrls(base: URL): readonly URL[] {
  const path = base.pathname === '/' ? '' : base.pathname
  // Not relative to the issuer: a path that begins with `//` would name another host.
  return [
    new URL(`${base.origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${base.origin}${path.replace(/\/$/, '')}/.well-known/openid-configuration`),
  ]
}

const endpoints = ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'jwks_uri'] as const

function checkMetadata(
  metadata: Readonly<Record<string, unknown>>,
  issuer: string,
  base: URL,
): AuthorizationServerMetadata {
  // RFC 8414 §3.3: identical, or the metadata of one server could stand in for another's.
  if (metadata.issuer !== issuer) {
    throw new TokenError('invalid_metadata', `The metadata found for ${issuer} names another issuer`)
  }
  const aliases = metadata.mtls_endpoint_aliases ?? {}
  if (!isJsonObject(aliases)) {
    throw new TokenError('invalid_metadata', 'mtls_endpoint_aliases in the metadata is not an object')
  }
  for (const [name, value] of endpoints.flatMap((each) => [
    [each, metadata[each]] as const,
    [each, aliases[each]] as const,
  ])) {
    if (value === undefined) continue
    if (typeof value !== 'string') throw new TokenError('invalid_metadata', `${name} in the metadata is not a string`)
    let url: URL
    try {
      url = secureUrl(value, name)
    } catch (cause) {
      throw new TokenError('invalid_metadata', `${name} in the metadata must be an absolute https URL`, { cause })
    }
    // A server that is elsewhere has no business sending credentials to whatever listens on this machine.
    if (url.protocol === 'http:' && !isLoopback(base)) {
      throw new TokenError('invalid_metadata', `${name} in the metadata points to this machine`)
    }
  }
  return metadata as AuthorizationServerMetadata
}

/**
 * The URL of an endpoint, for whoever proves itself with these credentials: where one of them lies in the connection, the
 * alias that metadata names for it (RFC 8705 §5), which takes the others as well.
 */
export function endpointFor(
  metadata: AuthorizationServerMetadata,
  name: 'token_endpoint' | 'introspection_endpoint',
  credentials: readonly ClientCredential[],
): string | undefined {
  const alias = metadata.mtls_endpoint_aliases?.[name]
  return alias !== undefined && credentials.some(({ mutualTls }) => mutualTls === true) ? alias : metadata[name]
}

export interface MetadataSource {
  /** The metadata, fetched at most once an hour; an old copy is better than none while the server is away. */
  get(): Promise<AuthorizationServerMetadata>
}

const maximumAge = 3_600_000
const coolDown = 30_000

/**
 * Keeps the metadata of one issuer: one request in flight for any number of callers.
 * @param options.now milliseconds of a monotonic clock
 */
export function metadataSource(options: DiscoveryOptions & { readonly now: () => number }): MetadataSource {
  let known: { readonly metadata: AuthorizationServerMetadata; readonly renewAt: number } | undefined
  // Two places are looked at, one after the other.
  const requests = inFlight<AuthorizationServerMetadata>({ now: options.now, patience: options.timeout * 3 })

  const fetchNow = async (): Promise<AuthorizationServerMetadata> => {
    try {
      const metadata = await discover(options)
      known = { metadata, renewAt: options.now() + maximumAge }
      return metadata
    } catch (error) {
      if (known === undefined || !(error instanceof TokenError && error.temporary)) throw error
      known = { metadata: known.metadata, renewAt: options.now() + coolDown }
      return known.metadata
    }
  }

  return {
    get: async () => {
      if (known !== undefined && options.now() < known.renewAt) return known.metadata
      return requests.join(fetchNow)
    },
  }
}
