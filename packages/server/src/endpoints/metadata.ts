import type { Issuers } from '../domain/issuer.ts'
import { grants } from '../grants/grants.ts'
import { json } from '../lib/message.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import { defaultAlgorithm } from '../tokens/introspection-jwt.ts'
import { cacheable } from './cacheable.ts'
import type { Endpoint } from './endpoint.ts'

/** Authorization server metadata (RFC 8414 §2): everything in it derives from what is registered. */
export type DescribeServer = (view: WorkspaceView) => Readonly<Record<string, unknown>>

export const createServerDescription =
  ({
    issuers,
    endpoints,
    authenticationMethods,
  }: {
    readonly issuers: Issuers
    readonly endpoints: () => readonly Endpoint[]
    readonly authenticationMethods: readonly string[]
  }): DescribeServer =>
  ({ workspace, apis }) => {
    const issuer = issuers.of(workspace.key)
    const urls = endpoints().flatMap(({ metadata, path }) =>
      metadata === undefined ? [] : [[metadata, `${issuer}${path}`]],
    )
    return {
      issuer,
      ...Object.fromEntries(urls),
      scopes_supported: [...new Set(apis.flatMap(({ scopes }) => scopes.map(({ name }) => name)))],
      response_types_supported: [],
      grant_types_supported: grants.map(({ type }) => type),
      token_endpoint_auth_methods_supported: authenticationMethods,
      introspection_endpoint_auth_methods_supported: authenticationMethods,
      introspection_signing_alg_values_supported: [
        ...new Set([defaultAlgorithm, ...apis.map(({ algorithm }) => algorithm)]),
      ],
      revocation_endpoint_auth_methods_supported: authenticationMethods,
    }
  }

const wellKnown =
  (path: string, name: string) =>
  ({ describe, maxAge }: { readonly describe: DescribeServer; readonly maxAge: number }): Endpoint => ({
    name,
    path,
    wellKnown: true,
    oauth: false,
    methods: { GET: (request, view) => cacheable(request, json(200, describe(view)), maxAge) },
  })

/** RFC 8414 §3. */
export const createAuthorizationServerMetadata = wellKnown('/.well-known/oauth-authorization-server', 'metadata')

/** The same document where OpenID Connect clients look (OpenID Connect Discovery §4): several read only this one. */
export const createOpenidConfiguration = wellKnown('/.well-known/openid-configuration', 'openid-configuration')
