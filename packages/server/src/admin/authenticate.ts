import { bearerChallenge, OAuthError, parseForm, parseScope } from '@mintmark/protocol'
import { adminAudience } from '@mintmark/protocol/admin'
import type { RecordEvent } from '../audit/record.ts'
import type { AuthenticateBearer } from '../client-auth/bearer.ts'
import { audiencesOf, credentialOf } from '../domain/access-token.ts'
import { systemWorkspace } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { HttpRequest } from '../lib/message.ts'
import { scopeCovers } from '../policy/scopes.ts'
import type { Registry } from '../registry/registry.ts'
import type { ActiveToken } from '../tokens/inspect.ts'
import type { Administrator } from './administrator.ts'

/**
 * The administrator of a request, by an access token of the system workspace for the admin API. Who it is follows from
 * audience and scope alone: a client of another workspace, whatever it is called, is nobody here.
 * @throws OAuthError `invalid_token`, or `temporarily_unavailable` when it cannot be known
 */
export type AuthenticateAdministrator = (
  request: HttpRequest,
  /** Told whom the token belongs to, for the audit event of a refusal. */
  claims: (clientId: string) => void,
) => Promise<Administrator>

/** How many tokens are remembered as seen; one that is forgotten is recorded as a sign-in once more. */
const rememberedTokens = 10_000

const realm = 'mintmark admin'
const noForm = parseForm(new Uint8Array(0))

const refused = (check: string, error: 'invalid_token' | undefined): OAuthError =>
  new OAuthError('invalid_token', 'An administrator’s access token is needed.', {
    check,
    headers: { 'www-authenticate': bearerChallenge({ realm, error }) },
  })

/** What the token was granted and its client is still permitted: a role that is taken away is gone at once. */
const rolesOf = ({ claims, client, apis }: ActiveToken): ReadonlySet<string> => {
  const api = apis.find(({ audience }) => audience === adminAudience)
  const permitted = client.permissions.find((permission) => permission.api === api?.id)?.scopes ?? []
  const granted = parseScope(claims.scope ?? '')
  return new Set(granted.filter((scope) => permitted.some((name) => scopeCovers(name, scope))))
}

export const createAdminAuthenticator = ({
  registry,
  authenticateBearer,
  record,
}: {
  readonly registry: Registry
  readonly authenticateBearer: AuthenticateBearer
  readonly record: RecordEvent
}): AuthenticateAdministrator => {
  const seen = createBoundedCache<string, true>(rememberedTokens)

  const noteSignIn = async ({ claims }: ActiveToken, administrator: Administrator, address: string): Promise<void> => {
    if (seen.get(claims.jti) === true) return
    const { client, credential } = administrator
    await record({ type: 'administrator.signed-in', workspace: systemWorkspace, client, credential, address })
    seen.set(claims.jti, true)
  }

  return async (request, claims) => {
    const view = await registry.workspace(systemWorkspace)
    if (view === undefined) throw refused('system-workspace', undefined)
    const token = await authenticateBearer(view, request, noForm, claims)
    if (token === undefined) throw refused('bearer-present', undefined)
    if (!audiencesOf(token.claims).includes(adminAudience)) throw refused('audience', 'invalid_token')
    const { client_id: client, jti } = token.claims
    const administrator = {
      client,
      credential: credentialOf(jti),
      actor: `${systemWorkspace}/${client}`,
      scopes: rolesOf(token),
    }
    await noteSignIn(token, administrator, request.address)
    return administrator
  }
}
