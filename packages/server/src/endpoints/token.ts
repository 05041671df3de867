import { formatScope, OAuthError, type TokenResponse } from '@mintmark/protocol'
import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateClient } from '../client-auth/authenticate.ts'
import { assertBoundOneWay, certificateConfirmation } from '../client-auth/certificate-binding.ts'
import type { BindByDpop } from '../client-auth/dpop.ts'
import type { Client } from '../domain/client.ts'
import type { Grant } from '../grants/grant.ts'
import { grants, requireGrant } from '../grants/grants.ts'
import { json, noStore } from '../lib/message.ts'
import { assertSenderConstrained } from '../policy/sender-constraint.ts'
import type { Registry, WorkspaceView } from '../registry/registry.ts'
import type { IssuedToken, IssueToken } from '../tokens/issue.ts'
import type { LimitTokens } from '../tokens/token-limit.ts'
import type { Endpoint, Handler } from './endpoint.ts'
import { readForm } from './form-body.ts'

const repeatable = [...new Set(grants.flatMap((grant) => grant.repeatable))]

const assertCapable = (client: Client, { type, capability }: Grant): void => {
  if (client.capabilities.includes(capability)) return
  throw new OAuthError('unauthorized_client', 'The client may not use this grant type.', {
    check: 'capability',
    expected: capability,
    received: `${type} asked; has ${client.capabilities.join(' ') || 'none'}`,
  })
}

const tokenResponse = ({ token, type, lifetime, scope }: IssuedToken): TokenResponse => ({
  access_token: token,
  token_type: type,
  expires_in: lifetime,
  ...(scope.length === 0 ? {} : { scope: formatScope(scope) }),
})

const assertStillThere = (view: WorkspaceView | undefined): WorkspaceView => {
  if (view?.workspace.enabled === true) return view
  throw new OAuthError('temporarily_unavailable', 'The server cannot decide this now. Try again later.', {
    check: 'workspace-enabled',
  })
}

/** The token endpoint (RFC 6749 §3.2): its handler is the table of contents of a token request. */
export const createTokenEndpoint = ({
  authenticateClient,
  authenticationMethods,
  bindByDpop,
  registry,
  limitTokens,
  issueToken,
  refuse,
}: {
  readonly authenticateClient: AuthenticateClient
  readonly authenticationMethods: readonly string[]
  readonly bindByDpop: BindByDpop
  readonly registry: Pick<Registry, 'workspace'>
  readonly limitTokens: LimitTokens
  readonly issueToken: IssueToken
  readonly refuse: Refuse
}): Endpoint => {
  const handler: Handler = async (request, found) => {
    const { key } = found.workspace
    let claimed: string | undefined
    try {
      const form = readForm(request, repeatable)
      const caller = await authenticateClient(key, request, form, (clientId) => {
        claimed = clientId
      })
      // A slow proof takes seconds under load: what was disabled meanwhile is disabled.
      const looking = registry.workspace(key)
      const view = assertStillThere(looking instanceof Promise ? await looking : looking)
      const grant = requireGrant(form.get('grant_type'))
      assertCapable(caller.client, grant)
      const authorization = await grant.authorize(view, caller, form)
      assertBoundOneWay(caller.client, request)
      const binding = await bindByDpop.prove(view.workspace, caller.client, request)
      const confirmation = binding?.confirmation ?? certificateConfirmation(caller.client, request)
      assertSenderConstrained(view.workspace, confirmation)
      // Who is refused here has used nothing up, and what is refused otherwise is no token.
      const refusing = limitTokens(view.workspace, caller.client, request.address)
      if (refusing !== undefined) await refusing
      await binding?.spend()
      const bound = { ...authorization, confirmation }
      const issued = await issueToken(bound, { grant: grant.type, address: request.address })
      const headers = binding === undefined ? noStore : { ...noStore, ...bindByDpop.headers(view.workspace) }
      return json(200, tokenResponse(issued), headers)
    } catch (error) {
      throw await refuse(error, (refusal) => ({
        type: 'token.refused',
        workspace: key,
        address: request.address,
        ...(claimed === undefined ? {} : { client: claimed }),
        ...refusal,
      }))
    }
  }
  return {
    name: 'token',
    path: '/oauth2/token',
    metadata: 'token_endpoint',
    authentication: authenticationMethods,
    oauth: true,
    methods: { POST: handler },
  }
}
