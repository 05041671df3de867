import type { Client } from '../domain/client.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Workspace, WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import type { HttpRequest } from '../lib/message.ts'
import { assertionAlgorithms, demandsOf } from '../policy/security-profile.ts'
import type { Registry } from '../registry/registry.ts'
import type { UseOnce } from '../registry/used-once.ts'
import { type AssertionClaims, readClientAssertion, verifyAssertion } from './assertion.ts'
import { clockLeeway, readAssertionClaims } from './assertion-claims.ts'
import { clientAssertionOf, isOfPlatform } from './client-assertion.ts'
import type { ClientKeys } from './client-keys.ts'
import { assertFirst, invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod } from './method.ts'

const name = 'private_key_jwt'

export type PrivateKeyJwtDependencies = {
  readonly clientKeys: ClientKeys
  readonly issuers: Issuers
  readonly registry: Pick<Registry, 'workspace'>
  readonly useOnce: UseOnce
  readonly clock: Clock
  /** Told of each assertion whose audience is the token endpoint, by a client that may still do so. */
  readonly countEndpointAudience: () => void
}

/** What the workspace says of how an assertion is signed, whatever the client has keys for. */
const assertAlgorithm = (workspace: Workspace, assertion: string): void => {
  const { algorithm } = readClientAssertion(assertion)
  const allowed = assertionAlgorithms(workspace)
  if (!allowed.includes(algorithm)) throw invalidClient('assertion-algorithm', allowed.join(' '), algorithm)
}

/**
 * `private_key_jwt`: the client signs who it is with a key whose public part is registered (RFC 7523 §2.2, and
 * draft-ietf-oauth-rfc7523bis: the issuer is the only audience).
 */
export const createPrivateKeyJwt = (deps: PrivateKeyJwtDependencies): ClientAuthenticationMethod => {
  const { clientKeys, issuers, registry, useOnce, clock, countEndpointAudience } = deps

  /** The id of the key that signed. @throws OAuthError `invalid_client`, or `temporarily_unavailable` */
  const verify = async (client: Client | undefined, assertion: string): Promise<string> => {
    const header = readClientAssertion(assertion)
    if (client === undefined || !client.authenticationMethods.includes(name)) {
      // Costs what a check by a key costs, so that nobody learns from the time which clients there are.
      await verifyAssertion(assertion, header.algorithm, clientKeys.nobody(header.algorithm))
      throw invalidClient(client === undefined ? 'client-known' : 'authentication-method-registered', name)
    }
    for (const { credentialId, key } of await clientKeys.find(client, header, clock.now())) {
      if (await verifyAssertion(assertion, header.algorithm, key)) return credentialId
    }
    throw invalidClient('assertion-signature', `a live ${header.algorithm} key of this client`, header.kid)
  }

  /** FAPI 2.0 Security Profile §5.3.2.1: our issuer as text for audience, whatever the client may do elsewhere. */
  const assertSoleAudience = ({ aud }: AssertionClaims, issuer: string): void => {
    if (aud !== issuer) throw invalidClient('assertion-audience', issuer, JSON.stringify(aud)?.slice(0, 200))
  }

  const assertAudience = (client: Client, workspace: WorkspaceKey, request: HttpRequest, claims: AssertionClaims) => {
    const issuer = issuers.of(workspace)
    const { aud } = claims
    const sole = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
    if (sole === issuer) return
    const endpoints = [`${issuer}/oauth2/token`, `${new URL(issuer).origin}${request.path}`]
    if (client.tokenEndpointAudience && typeof sole === 'string' && endpoints.includes(sole)) {
      countEndpointAudience()
      return
    }
    throw invalidClient('assertion-audience', issuer, JSON.stringify(aud)?.slice(0, 200))
  }

  return {
    name,
    present: (request, form) => {
      const presented = clientAssertionOf(form)
      if (presented?.kind !== 'jwt' || isOfPlatform(presented.assertion)) return undefined
      const { assertion } = presented
      const claims = readAssertionClaims(assertion)
      const clientId = claims.sub
      let place: WorkspaceKey | undefined
      return {
        clientId,
        prove: async (client, workspace) => {
          const credentialId = await verify(client, assertion)
          const settings = (await registry.workspace(workspace))?.workspace
          const demanded = settings && demandsOf(settings)
          claims.assertTimes(clock.now(), demanded?.assertionLifetime)
          if (settings !== undefined) assertAlgorithm(settings, assertion)
          if (demanded !== undefined) assertSoleAudience(claims, issuers.of(workspace))
          else if (client !== undefined) assertAudience(client, workspace, request, claims)
          place = workspace
          return credentialId
        },
        spend: async () => {
          const digest = sha256(JSON.stringify(['client-assertion', place, clientId, claims.jti])).toString('base64url')
          const { earliest } = claims
          assertFirst(await useOnce({ digest, expires: (claims.exp + clockLeeway) * 1000, earliest }))
        },
      }
    },
  }
}
