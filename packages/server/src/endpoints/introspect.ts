import { accepts, bearerChallenge, type Form, type IntrospectionResponse, OAuthError } from '@mintmark/protocol'
import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateClient } from '../client-auth/authenticate.ts'
import type { AuthenticateBearer } from '../client-auth/bearer.ts'
import { tokenTypeOf } from '../domain/access-token.ts'
import type { Client } from '../domain/client.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { json, noStore } from '../lib/message.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import type { ActiveToken, InspectToken, TokenState } from '../tokens/inspect.ts'
import type { WriteIntrospection } from '../tokens/introspection-jwt.ts'
import type { Endpoint, Handler } from './endpoint.ts'
import { readForm } from './form-body.ts'
import { requireToken } from './token-parameter.ts'

/** Who asks, and how it came in. */
type Caller = { readonly client: Client; readonly bearer: boolean }

const mayIntrospect = (client: Client): boolean => client.capabilities.includes('introspection')

/** Whether a client speaks for one of the APIs a token is for. */
const isResourceServerOf = (client: Client, token: ActiveToken): boolean =>
  mayIntrospect(client) && token.apis.some(({ id }) => client.introspects.includes(id))

/** Whether a caller is told about a token: the resource server of one of its APIs, or the client it belongs to (RFC 7662 §4). */
const maySee = ({ client }: Caller, token: ActiveToken): boolean =>
  client.id === token.client.id || isResourceServerOf(client, token)

/**
 * A bearer can ask about its own client's tokens only, whatever the client may do when it proves itself: every API that was
 * sent the token could else ask in the client's name (RFC 7662 §2.3: the privileges do not suffice).
 * @throws OAuthError `insufficient_scope`, with the status 401 that RFC 7662 §2.3 wants
 */
const assertPrivileged = ({ client, bearer }: Caller, state: TokenState): void => {
  const owner = state.active ? state.client.id : state.token?.claims.client_id
  if (!bearer || client.id === owner) return
  throw new OAuthError('insufficient_scope', 'The access token does not allow this.', {
    status: 401,
    check: 'bearer-owns-token',
    expected: client.id,
    received: owner ?? 'no token of this workspace',
    headers: { 'www-authenticate': bearerChallenge({ realm: 'mintmark', error: 'insufficient_scope' }) },
  })
}

const response = (seen: ActiveToken | undefined): IntrospectionResponse => {
  if (seen === undefined) return { active: false }
  const { scope, client_id, exp, iat, sub, aud, iss, jti, cnf } = seen.claims
  return {
    active: true,
    ...(scope === undefined ? {} : { scope }),
    client_id,
    token_type: tokenTypeOf(cnf),
    exp,
    iat,
    sub,
    aud,
    iss,
    jti,
    ...(cnf === undefined ? {} : { cnf }),
  }
}

/** What `Accept` may choose; what it names otherwise gets the first (RFC 9701 §4: the answer is JSON unless asked). */
const answerTypes = ['application/json', 'application/token-introspection+jwt'] as const

/**
 * The token as a JWT is for resource servers only. A client that could turn its opaque token into a JWT could go on with it
 * at an API that verifies offline after the token was revoked.
 */
const resourceServerTypes = [...answerTypes, 'application/jwt'] as const

const typesFor = (client: Client, seen: ActiveToken | undefined) =>
  mayIntrospect(client) && (seen === undefined || isResourceServerOf(client, seen)) ? resourceServerTypes : answerTypes

/**
 * The introspection endpoint (RFC 7662). A caller authenticates as a client, or with an access token. Whoever may not
 * see a token is told what everybody is told of a text that is none: `{"active":false}` and nothing else.
 *
 * With `Accept: application/token-introspection+jwt` the answer is signed (RFC 9701). With `Accept: application/jwt` a
 * resource server gets the token itself as a JWT (the phantom token of API gateways): an opaque token is translated, a JWT is returned as it
 * came, and where the JSON would say inactive there is no JWT to give: 204 without content, as Curity's server answers.
 *
 * Nothing is written for an answer; refusals are audited.
 */
export const createIntrospectionEndpoint = ({
  authenticateClient,
  authenticationMethods,
  authenticateBearer,
  inspectToken,
  introspectionJwt,
  refuse,
}: {
  readonly authenticateClient: AuthenticateClient
  readonly authenticationMethods: readonly string[]
  readonly authenticateBearer: AuthenticateBearer
  readonly inspectToken: InspectToken
  readonly introspectionJwt: WriteIntrospection
  readonly refuse: Refuse
}): Endpoint => {
  const authenticate = async (
    request: HttpRequest,
    view: WorkspaceView,
    form: Form,
    claims: (clientId: string) => void,
  ): Promise<Caller> => {
    const bearer = await authenticateBearer(view, request, form, claims)
    if (bearer !== undefined) return { client: bearer.client, bearer: true }
    const { client } = await authenticateClient(view.workspace.key, request, form, claims)
    return { client, bearer: false }
  }

  const jwt = (type: string, body: string): HttpResponse => ({
    status: 200,
    headers: { 'content-type': type, ...noStore },
    body,
  })

  const answer = async (
    accept: string | undefined,
    view: WorkspaceView,
    { client }: Caller,
    text: string,
    seen: ActiveToken | undefined,
  ): Promise<HttpResponse> => {
    const type = accepts<(typeof resourceServerTypes)[number]>(accept, typesFor(client, seen)) ?? answerTypes[0]
    if (type === 'application/json') return json(200, response(seen), noStore)
    if (type === 'application/token-introspection+jwt') {
      return jwt(type, await introspectionJwt.signed(view, client, seen, response(seen)))
    }
    return seen === undefined
      ? { status: 204, headers: noStore }
      : jwt(type, await introspectionJwt.phantom(view, text, seen))
  }

  const handler: Handler = async (request, view) => {
    let claimed: string | undefined
    try {
      const form = readForm(request)
      const caller = await authenticate(request, view, form, (clientId) => {
        claimed = clientId
      })
      const text = requireToken(form)
      const state = await inspectToken(view, text)
      assertPrivileged(caller, state)
      const seen = state.active && maySee(caller, state) ? state : undefined
      return await answer(request.headers.accept, view, caller, text, seen)
    } catch (error) {
      throw await refuse(error, (refusal) => ({
        type: 'introspection.refused',
        workspace: view.workspace.key,
        address: request.address,
        ...(claimed === undefined ? {} : { client: claimed }),
        ...refusal,
      }))
    }
  }
  return {
    name: 'introspect',
    path: '/oauth2/introspect',
    metadata: 'introspection_endpoint',
    authentication: [...authenticationMethods, 'Bearer'],
    oauth: true,
    methods: { POST: handler },
  }
}
