import { bearerChallenge, type Form, OAuthError, readBearer } from '@mintmark/protocol'
import type { HttpRequest } from '../lib/message.ts'
import { addressAllowed } from '../policy/addresses.ts'
import { demandsOf } from '../policy/security-profile.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import type { ActiveToken, InspectToken } from '../tokens/inspect.ts'
import { assertSingleAuthorization } from './authorization-header.ts'
import { isBoundTo } from './certificate-binding.ts'
import type { ClientAuthenticationMethod } from './method.ts'

/**
 * Authenticates a caller by an access token of the workspace (RFC 6750 §2.1; RFC 7662 §2.1 allows it).
 * @returns undefined when the request has no `Authorization: Bearer`
 * @throws OAuthError `invalid_token` when the token is not active, `invalid_request` when the request presents another
 * proof as well
 */
export type AuthenticateBearer = (
  view: WorkspaceView,
  request: HttpRequest,
  form: Form,
  /** Told which client the token belongs to, for the audit event of a refusal. */
  claims: (clientId: string) => void,
) => Promise<ActiveToken | undefined>

const invalidToken = (check: string): OAuthError =>
  new OAuthError('invalid_token', 'The access token is not valid.', {
    check,
    headers: { 'www-authenticate': bearerChallenge({ realm: 'mintmark', error: 'invalid_token' }) },
  })

export const createBearerAuthenticator =
  ({
    methods,
    inspectToken,
  }: {
    readonly methods: readonly ClientAuthenticationMethod[]
    readonly inspectToken: InspectToken
  }): AuthenticateBearer =>
  async (view, request, form, claims) => {
    const { authorization } = request.headers
    if (authorization === undefined) return undefined
    assertSingleAuthorization(request.rawHeaders)
    const text = readBearer(authorization)
    if (text === undefined) return undefined
    const others = methods.filter(
      ({ ofConnection, present }) => ofConnection !== true && present(request, form) !== undefined,
    )
    if (others.length > 0) {
      throw new OAuthError('invalid_request', 'The request authenticates in more than one way.', {
        check: 'one-authentication-method',
        received: ['bearer', ...others.map(({ name }) => name)].join(' '),
      })
    }
    // A profile that names the ways of client authentication leaves no room for one without it.
    if (demandsOf(view.workspace) !== undefined) throw invalidToken('authentication-method-allowed')
    const state = await inspectToken(view, text)
    if (!state.active) throw invalidToken(`bearer-${state.check}`)
    const { client } = state
    claims(client.id)
    // A stolen token that is bound to a key is worth nothing without it.
    const { cnf } = state.claims
    if (cnf !== undefined && !isBoundTo(cnf, request)) throw invalidToken('bearer-bound')
    if (!addressAllowed(client.allowedAddresses, request.address)) throw invalidToken('address-allowed')
    return state
  }
