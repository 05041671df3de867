import { OAuthError } from '@mintmark/protocol'
import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateClient } from '../client-auth/authenticate.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import { type HttpResponse, noStore } from '../lib/message.ts'
import type { Store } from '../store/store.ts'
import type { InspectToken } from '../tokens/inspect.ts'
import type { RevokeTokens } from '../tokens/revoke.ts'
import type { Endpoint, Handler } from './endpoint.ts'
import { readForm } from './form-body.ts'
import { requireToken } from './token-parameter.ts'

const done: HttpResponse = { status: 200, headers: noStore }

/**
 * The revocation endpoint (RFC 7009): a client ends a token of its own. A text that is no token, a token that is dead
 * already and a token of somebody else are all answered with the same 200 and no effect (§2.2); the last is audited. When
 * the decision could not be stored the answer is 503 and the token lives on (§2.2.1).
 *
 * Dead is what has expired by the clock of the store as well: to a node whose clock is ahead a token is over that lives everywhere
 * else, and who revokes it must not be told that it is done.
 */
export const createRevocationEndpoint = ({
  authenticateClient,
  authenticationMethods,
  inspectToken,
  revokeTokens,
  refuse,
  clock,
  contact,
}: {
  readonly authenticateClient: AuthenticateClient
  readonly authenticationMethods: readonly string[]
  readonly inspectToken: InspectToken
  readonly revokeTokens: RevokeTokens
  readonly refuse: Refuse
  readonly clock: Clock
  readonly contact: Store['contact']
}): Endpoint => {
  const isOver = (exp: number): boolean => exp <= epochSeconds(clock) - Math.max(0, contact().clockAhead) / 1000
  const handler: Handler = async (request, view) => {
    const workspace = view.workspace.key
    let claimed: string | undefined
    const refused = (error: unknown) =>
      refuse(error, (refusal) => ({
        type: 'revocation.refused',
        workspace,
        address: request.address,
        ...(claimed === undefined ? {} : { client: claimed }),
        ...refusal,
      }))
    try {
      const form = readForm(request)
      const { client } = await authenticateClient(workspace, request, form, (clientId) => {
        claimed = clientId
      })
      const text = requireToken(form)
      const state = await inspectToken(view, text)
      const claims = state.active ? state.claims : state.token?.claims
      // Whatever else makes it inactive, such as a disabled API, may end before the token does: it is revoked all the same.
      const meaningless = claims === undefined || isOver(claims.exp)
      if (meaningless || (!state.active && state.check === 'not-revoked')) return done
      if (claims.client_id !== client.id) {
        await refused(
          new OAuthError('invalid_grant', 'The token belongs to another client.', {
            check: 'token-owner',
            expected: client.id,
            received: claims.client_id,
          }),
        )
        return done
      }
      await revokeTokens.token(workspace, claims, { actor: `${workspace}/${client.id}`, address: request.address })
      return done
    } catch (error) {
      throw await refused(error)
    }
  }
  return {
    name: 'revoke',
    path: '/oauth2/revoke',
    metadata: 'revocation_endpoint',
    authentication: authenticationMethods,
    oauth: true,
    methods: { POST: handler },
  }
}
