import { type AccessTokenClaims, audiencesOf, credentialOf } from '../domain/access-token.ts'
import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { Issuers } from '../domain/issuer.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { Registry, WorkspaceView } from '../registry/registry.ts'
import type { Revocations } from '../registry/revocations.ts'
import type { AuthenticToken } from './format.ts'
import type { TokenFormats } from './formats.ts'

/** A token that is alive, with whom it belongs to and what it is for. */
export type ActiveToken = AuthenticToken & {
  readonly active: true
  readonly client: Client
  readonly apis: readonly [Api, ...Api[]]
}

/** A text that is no token, or a token that is dead. */
export type InactiveToken = {
  readonly active: false
  /** The check that failed, for the operator: `authentic`, `expired`, `not-revoked`, … */
  readonly check: string
  /** What it says, when it is a token of ours at all. */
  readonly token: AuthenticToken | undefined
}

export type TokenState = ActiveToken | InactiveToken

/**
 * The one answer to the question what a text is as an access token of a workspace, for both formats: introspection,
 * revocation and our own admin API ask here.
 *
 * A disabled client or API makes its tokens inactive for as long as it is disabled; a credential that was removed kills
 * them for good, a frozen one does while it is frozen, and one that merely expired does not.
 * @throws StoreUnavailableError when it cannot be known
 */
export type InspectToken = (view: WorkspaceView, text: string) => Promise<TokenState>

/** Seconds by which `iat` may lie ahead of this node's clock: nodes of one system differ a little. */
export const clockLeeway = 30

/** The APIs a token names, or undefined when one of them is not registered or not enabled. */
const apisOf = (claims: AccessTokenClaims, { apis }: WorkspaceView): readonly [Api, ...Api[]] | undefined => {
  const found: Api[] = []
  for (const audience of audiencesOf(claims)) {
    const api = apis.find((candidate) => candidate.audience === audience)
    if (api === undefined || !api.enabled) return undefined
    found.push(api)
  }
  const [first, ...others] = found
  return first === undefined ? undefined : [first, ...others]
}

export const createInspector = ({
  formats,
  issuers,
  registry,
  revocations,
  clock,
}: {
  readonly formats: TokenFormats
  readonly issuers: Issuers
  readonly registry: Registry
  readonly revocations: Revocations
  readonly clock: Clock
}): InspectToken => {
  const read = async ({ workspace }: WorkspaceView, text: string): Promise<AuthenticToken | undefined> =>
    formats.all.find(({ recognises }) => recognises(text))?.read(workspace.key, text)

  return async (view, text) => {
    const workspace = view.workspace.key
    const token = await read(view, text)
    const inactive = (check: string): InactiveToken => ({ active: false, check, token })
    if (token === undefined) return inactive('authentic')
    const { claims, kid, format } = token
    if (claims.iss !== issuers.of(workspace)) return inactive('issuer')
    const now = epochSeconds(clock)
    // On its last second it is dead (RFC 7519 §4.1.4).
    if (claims.exp <= now) return inactive('expired')
    if (claims.iat > now + clockLeeway) return inactive('issued-in-the-future')
    const credential = credentialOf(claims.jti)
    const asking = revocations.isRevoked(workspace, {
      jti: claims.jti,
      client: claims.client_id,
      credential,
      kid,
      iat: claims.iat,
    })
    if (asking instanceof Promise ? await asking : asking) return inactive('not-revoked')
    const looking = registry.client(workspace, claims.client_id)
    const client = looking instanceof Promise ? await looking : looking
    if (client === undefined) return inactive('client-known')
    if (!client.enabled) return inactive('client-enabled')
    const obtainedBy = client.credentials.find(({ id }) => id === credential)
    if (obtainedBy === undefined) return inactive('credential-known')
    if (obtainedBy.frozen !== undefined) return inactive('credential-frozen')
    const apis = apisOf(claims, view)
    if (apis === undefined) return inactive('api-enabled')
    return { active: true, claims, kid, format, client, apis }
  }
}
