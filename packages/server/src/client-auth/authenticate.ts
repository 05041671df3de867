import { isDeepStrictEqual } from 'node:util'
import { type Form, OAuthError } from '@mintmark/protocol'
import type { AuthenticatedClient } from '../domain/authenticated-client.ts'
import type { Client } from '../domain/client.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { HttpRequest } from '../lib/message.ts'
import { addressAllowed } from '../policy/addresses.ts'
import { demandsOf } from '../policy/security-profile.ts'
import type { Registry, WorkspaceView } from '../registry/registry.ts'
import { assertSingleAuthorization } from './authorization-header.ts'
import { asInvalidGrant, invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod, Presented } from './method.ts'
import type { Attempt, Throttle } from './throttle.ts'

/** The longest client id there can be. */
export const maximumClientIdLength = 128

/** Called for each proven credential; must cost nothing, the request does not wait for it. */
export type NoteUse = (workspace: WorkspaceKey, client: string, credential: string, request: Caller) => void

/** What of a request tells who sends it, besides the credential. */
export type Caller = Pick<HttpRequest, 'address' | 'headers'>

/**
 * Authenticates the client of a request (RFC 6749 §2.3), by exactly one method.
 * @throws OAuthError `invalid_client`, one and the same whatever failed, or `invalid_request` for a request that
 * presents two methods or two identities
 * @throws Refused 429, where authentication failed too often before
 */
export type AuthenticateClient = (
  workspace: WorkspaceKey,
  request: HttpRequest,
  form: Form,
  /** Told which client the request claims to be, for the audit event of a refusal. */
  claims: (clientId: string) => void,
) => Promise<AuthenticatedClient>

type Found = { readonly method: ClientAuthenticationMethod; readonly presented: Presented }

export const createAuthenticator = ({
  methods,
  registry,
  throttle,
  noteUse,
}: {
  readonly methods: readonly ClientAuthenticationMethod[]
  readonly registry: Registry
  readonly throttle: Throttle
  readonly noteUse: NoteUse
}): AuthenticateClient => {
  /** What a request presents; several only when it is the connection, which may be meant in several ways. */
  const findPresented = (request: HttpRequest, form: Form): readonly [Found, ...Found[]] => {
    assertSingleAuthorization(request.rawHeaders)
    const found: Found[] = []
    const ofConnection: Found[] = []
    for (const method of methods) {
      const presented = method.present(request, form)
      if (presented !== undefined) (method.ofConnection ? ofConnection : found).push({ method, presented })
    }
    const [only, ...others] = found
    const [connection, ...otherWays] = ofConnection
    if (only === undefined && connection !== undefined) return [connection, ...otherWays]
    if (only === undefined) throw invalidClient('authentication-present', methods.map(({ name }) => name).join(' '))
    if (others.length > 0) {
      throw new OAuthError('invalid_request', 'The request uses more than one client authentication method.', {
        check: 'one-authentication-method',
        received: found.map(({ method }) => method.name).join(' '),
      })
    }
    const named = form.get('client_id')
    const { clientId } = only.presented
    if (named !== undefined && clientId !== undefined && named !== clientId) {
      throw new OAuthError('invalid_request', 'The client_id parameter names another client.', {
        check: 'client-id-matches',
        expected: clientId,
        received: named,
      })
    }
    return [only]
  }

  /**
   * The way that a connection is meant: one that is registered, and that the client has a credential for; of several the last,
   * since to know a certificate itself is more particular than to know its name.
   */
  const chooseWay = (ways: readonly [Found, ...Found[]], client: Client | undefined): Found => {
    const [first, ...others] = ways
    if (others.length === 0 || client === undefined) return first
    const registered = ways.filter(({ method }) => client.authenticationMethods.includes(method.name))
    return registered.findLast(({ presented }) => presented.suits?.(client)) ?? registered[0] ?? first
  }

  /** Why a client that proved itself may still not come in. */
  const assertMayEnter = (client: Client, method: string, address: string): void => {
    if (!client.enabled) throw invalidClient('client-enabled')
    if (!client.authenticationMethods.includes(method)) {
      throw invalidClient('authentication-method-registered', client.authenticationMethods.join(' '), method)
    }
    if (!addressAllowed(client.allowedAddresses, address)) {
      throw invalidClient('address-allowed', client.allowedAddresses.join(' '), address)
    }
  }

  /** A way that the profile of the workspace forbids proves nobody, whatever the client is registered for. */
  const assertMethodAllowed = (view: WorkspaceView | undefined, method: string): void => {
    const demanded = view && demandsOf(view.workspace)
    if (demanded === undefined || demanded.authenticationMethods.includes(method)) return
    throw invalidClient('authentication-method-allowed', demanded.authenticationMethods.join(' '), method)
  }

  const identify = async (presented: Presented, workspace: WorkspaceKey, attempt: Attempt): Promise<string> => {
    await throttle.admit(attempt, undefined)
    const found = await presented.identify?.(workspace)
    if (found === undefined) throw invalidClient('client-known')
    return found
  }

  const authenticate = async (
    ways: readonly [Found, ...Found[]],
    workspace: WorkspaceKey,
    caller: Caller,
    attempt: Attempt,
    claims: (clientId: string) => void,
  ): Promise<AuthenticatedClient> => {
    // Of several ways the one that finds out whom the name in the request stands for.
    const { presented: claim } = ways.find(({ presented }) => presented.clientId === undefined) ?? ways[0]
    const clientId = claim.clientId ?? (await identify(claim, workspace, attempt))
    if (clientId.length > maximumClientIdLength) throw invalidClient('client-id-length')
    claims(clientId)
    const refusing = throttle.admit(attempt, clientId)
    if (refusing !== undefined) await refusing
    const reading = registry.workspace(workspace)
    const view = reading instanceof Promise ? await reading : reading
    const looking = registry.client(workspace, clientId)
    let client = looking instanceof Promise ? await looking : looking
    const { method, presented } = chooseWay(ways, client)
    assertMethodAllowed(view, method.name)
    const proving = presented.prove(client, workspace, () => throttle.admit(attempt, clientId))
    let credentialId = proving instanceof Promise ? await proving : proving
    if (proving instanceof Promise && credentialId !== undefined) {
      // A slow hash may have waited for seconds, and what it proved may be disabled or removed since. What is proven again
      // is remembered and costs nothing.
      const known = client
      client = await registry.client(workspace, clientId)
      // The same one may be another object: not all are kept as objects.
      if (!isDeepStrictEqual(client, known)) credentialId = await presented.prove(client, workspace)
      assertMethodAllowed(await registry.workspace(workspace), method.name)
    }
    if (client === undefined) throw invalidClient('client-known')
    if (credentialId === undefined) throw invalidClient('credential-proven', 'a live credential of this client')
    assertMayEnter(client, method.name, caller.address)
    await presented.spend?.()
    throttle.proven(attempt)
    noteUse(workspace, client.id, credentialId, caller)
    const longestLifetime = presented.longestLifetime?.()
    return {
      client,
      credentialId,
      method: method.name,
      ...(longestLifetime === undefined ? {} : { longestLifetime }),
    }
  }

  return async (workspace, request, form, claims) => {
    const attempt = throttle.attempt(workspace, request.address)
    try {
      const ways = findPresented(request, form)
      try {
        return await authenticate(ways, workspace, request, attempt, claims)
      } catch (error) {
        throw ways[0].presented.asGrant === true ? asInvalidGrant(error) : error
      }
    } catch (error) {
      throttle.failed(attempt, error)
      throw error
    }
  }
}
