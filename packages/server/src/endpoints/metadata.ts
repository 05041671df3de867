import { type AuthorizationServerMetadata, dpopAlgorithms } from '@mintmark/protocol'
import { federatedName, jwtBearerType } from '../client-auth/federated.ts'
import type { Issuers } from '../domain/issuer.ts'
import { systemWorkspace, type Workspace, type WorkspaceKey } from '../domain/workspace.ts'
import { grants } from '../grants/grants.ts'
import { json } from '../lib/message.ts'
import { allowedAlgorithms, allowedMethods, assertionAlgorithms } from '../policy/security-profile.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import { defaultAlgorithm } from '../tokens/introspection-jwt.ts'
import { cacheable } from './cacheable.ts'
import type { Endpoint } from './endpoint.ts'

/** Authorization server metadata (RFC 8414 §2): everything in it derives from what is registered. */
export type DescribeServer = (view: WorkspaceView) => AuthorizationServerMetadata

/** A list as metadata has it: one with nothing in it is left out (RFC 8414 §3.2). */
const listed = (name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> =>
  values.length === 0 ? {} : { [name]: [...new Set(values)] }

/** What assertions may be signed by, for each endpoint that takes them (RFC 8414 §2). */
const signingAlgorithms = (
  workspace: Workspace,
  endpoints: readonly Endpoint[],
): Readonly<Record<string, readonly string[]>> =>
  Object.assign(
    {},
    ...endpoints.map(({ metadata, authentication }) =>
      metadata !== undefined && authentication?.includes('private_key_jwt') === true
        ? listed(`${metadata}_auth_signing_alg_values_supported`, assertionAlgorithms(workspace))
        : {},
    ),
  )

/** The grants of a workspace; the proof of one that is its own proof must be a method the workspace allows. */
const grantsOf = (workspace: Workspace): readonly string[] =>
  grants
    .filter(({ type }) => type !== jwtBearerType || allowedMethods(workspace, [federatedName]).length > 0)
    .map(({ type }) => type)

/** How clients come that prove themselves by a certificate, or have their tokens bound to it (RFC 8705 §3.3, §5). */
export type CertificateService = { readonly taken: boolean; readonly url: string | undefined }

/** What RFC 8705 adds: that tokens can be bound, and where the endpoints are that take certificates. */
const describeCertificates = (
  { taken, url }: CertificateService,
  workspace: WorkspaceKey,
  endpoints: readonly Endpoint[],
): Partial<AuthorizationServerMetadata> => {
  // The server's own workspace answers on the management listener, which takes no certificates.
  if (!taken || workspace === systemWorkspace) return {}
  const aliases = endpoints.flatMap(({ metadata, path, authentication }) =>
    url === undefined || metadata === undefined || authentication === undefined
      ? []
      : [[metadata, `${url}/${workspace}${path}`]],
  )
  return {
    tls_client_certificate_bound_access_tokens: true,
    ...(aliases.length === 0 ? {} : { mtls_endpoint_aliases: Object.fromEntries(aliases) }),
  }
}

export const createServerDescription =
  ({
    issuers,
    certificates,
    endpoints,
  }: {
    readonly issuers: Issuers
    readonly certificates: CertificateService
    readonly endpoints: () => readonly Endpoint[]
  }): DescribeServer =>
  ({ workspace, apis }) => {
    const issuer = issuers.of(workspace.key)
    const enabled = apis.filter((api) => api.enabled)
    const ofEndpoints = endpoints().flatMap(({ metadata, path, authentication }) =>
      metadata === undefined
        ? []
        : [
            {
              [metadata]: `${issuer}${path}`,
              ...listed(`${metadata}_auth_methods_supported`, allowedMethods(workspace, authentication ?? [])),
            },
          ],
    )
    return {
      issuer,
      ...Object.assign({}, ...ofEndpoints),
      ...listed(
        'scopes_supported',
        enabled.flatMap(({ scopes }) => scopes.map(({ name }) => name)),
      ),
      // Required by §2, though there is none and §3.2 leaves out empty lists; clients check that it is there.
      response_types_supported: [],
      ...listed('grant_types_supported', grantsOf(workspace)),
      ...signingAlgorithms(workspace, endpoints()),
      dpop_signing_alg_values_supported: allowedAlgorithms(workspace, dpopAlgorithms),
      ...describeCertificates(certificates, workspace.key, endpoints()),
      ...listed('introspection_signing_alg_values_supported', [
        defaultAlgorithm,
        ...enabled.map(({ algorithm }) => algorithm),
      ]),
    }
  }

/**
 * What OpenID Connect clients demand of the document they read (OpenID Connect Discovery §3) and RFC 8414 does not know:
 * a subject is the same for every API. There are no ID tokens; resource servers read this list for what signs our JWTs.
 */
const forOpenidClients = (description: AuthorizationServerMetadata): AuthorizationServerMetadata => ({
  ...description,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: description.introspection_signing_alg_values_supported ?? [],
})

type MetadataDependencies = {
  readonly describe: DescribeServer
  /** Seconds it may be kept. */
  readonly maxAge: number
}

const wellKnown = (name: string, path: string, maxAge: number, describe: DescribeServer): Endpoint => ({
  name,
  path,
  wellKnown: true,
  oauth: false,
  methods: { GET: (request, view) => cacheable(request, json(200, describe(view)), maxAge) },
})

/** RFC 8414 §3. */
export const createAuthorizationServerMetadata = ({ describe, maxAge }: MetadataDependencies): Endpoint =>
  wellKnown('metadata', '/.well-known/oauth-authorization-server', maxAge, describe)

/** The same where OpenID Connect clients look (OpenID Connect Discovery §4): several read only this one. */
export const createOpenidConfiguration = ({ describe, maxAge }: MetadataDependencies): Endpoint =>
  wellKnown('openid-configuration', '/.well-known/openid-configuration', maxAge, (view) =>
    forOpenidClients(describe(view)),
  )
