import { secureUrl } from '@mintmark/client/transport'
import { dpopAlgorithms } from '@mintmark/protocol'
import type { RefusalResponse } from './challenge.ts'

/** What the metadata of an API says beside its audience and its issuers (RFC 9728 §2). */
export interface MetadataOptions {
  /** The URL clients know the API by. Default: the audience. https, or http to this machine; no query. */
  readonly resource?: string | undefined
  /** `scopes_supported`: the scopes a client may need here. */
  readonly scopes?: readonly string[] | undefined
  /** `resource_name`: what people call the API. */
  readonly name?: string | undefined
  /** `resource_documentation`: URL of a page for developers. */
  readonly documentation?: string | undefined
  /** `resource_policy_uri`: URL of a page on what may be done with the data. */
  readonly policy?: string | undefined
  /** `resource_tos_uri`: URL of the terms of service. */
  readonly termsOfService?: string | undefined
  /** Members of other specifications, as they are written; they do not replace those above. */
  readonly more?: Readonly<Record<string, unknown>> | undefined
}

/** The metadata of a protected resource (RFC 9728), and where it is found. */
export interface ResourceMetadata {
  /** Path it must be served at. */
  readonly path: string
  /** What challenges name as `resource_metadata`. */
  readonly url: string
  readonly document: Readonly<Record<string, unknown>>
}

const wellKnown = '/.well-known/oauth-protected-resource'

/** Which bound tokens an API takes. */
export interface BoundTokens {
  readonly dpop?: 'off' | 'accepted' | 'required' | undefined
  readonly certificates?: boolean | undefined
}

/**
 * @throws TokenError `insecure_url` or TypeError when the resource is not a URL that has a well-known one (RFC 9728 §3)
 */
export function resourceMetadata(
  options: MetadataOptions,
  audience: string,
  issuers: readonly string[],
  { dpop = 'off', certificates = false }: BoundTokens = {},
): ResourceMetadata {
  const resource = options.resource ?? audience
  const { origin, pathname, search } = secureUrl(resource, 'The resource')
  if (search !== '' || resource.includes('?')) throw new TypeError('protect: a resource with metadata has no query')
  const path = `${wellKnown}${pathname === '/' ? '' : pathname}`
  const document = {
    ...options.more,
    resource,
    authorization_servers: issuers,
    scopes_supported: options.scopes,
    bearer_methods_supported: ['header'],
    tls_client_certificate_bound_access_tokens: certificates ? true : undefined,
    dpop_signing_alg_values_supported: dpop === 'off' ? undefined : dpopAlgorithms,
    dpop_bound_access_tokens_required: dpop === 'required' ? true : undefined,
    resource_name: options.name,
    resource_documentation: options.documentation,
    resource_policy_uri: options.policy,
    resource_tos_uri: options.termsOfService,
  }
  return Object.freeze({ path, url: `${origin}${path}`, document: withoutUndefined(document) })
}

const withoutUndefined = (document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.freeze(Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined)))

/** Answers GET and HEAD of the metadata's path, query or not; undefined for every other request. */
export function metadataResponse(
  metadata: ResourceMetadata,
  { method, url }: { readonly method: string; readonly url: string },
): RefusalResponse | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || pathOf(url) !== metadata.path) return undefined
  return {
    status: 200,
    // Public, and asked for by clients in browsers too (RFC 9728 §3.1 lets anybody read it).
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=3600',
      'Access-Control-Allow-Origin': '*',
    },
    body: method === 'HEAD' ? '' : JSON.stringify(metadata.document),
  }
}

/** The path of a request target, which is a path or an absolute URL (RFC 9112 §3.2), as it was sent. */
export function pathOf(target: string): string {
  const path = /^https?:\/\/[^/?]*/i.test(target) ? target.replace(/^https?:\/\/[^/?]*/i, '') : target
  const end = path.indexOf('?')
  return end === -1 ? path : path.slice(0, end)
}
