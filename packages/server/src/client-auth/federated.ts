import { type Form, OAuthError } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import type { Issuers } from '../domain/issuer.ts'
import { isTrustDomain, type Trust } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import type { Federation } from '../registry/federation-index.ts'
import type { Registry } from '../registry/registry.ts'
import type { UseOnce } from '../registry/used-once.ts'
import { verifyAssertion } from './assertion.ts'
import { clockLeeway, earliestTime, isTime } from './assertion-claims.ts'
import { clientAssertionOf, isOfPlatform } from './client-assertion.ts'
import type { ClientKeys } from './client-keys.ts'
import { asInvalidGrant, assertFirst, invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod, Presented } from './method.ts'
import { createPlatformTokenVerifier, type PlatformToken, readPlatformToken } from './platform-token.ts'
import type { TrustKeys } from './trust-keys.ts'
import { believing, identityOf, soleClient } from './workload.ts'

/** The value of `grant_type` whose `assertion` proves the client too (RFC 7523 §2.1). */
export const jwtBearerType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export const federatedName = 'federated'

export type FederatedDependencies = {
  readonly clientKeys: Pick<ClientKeys, 'nobody'>
  readonly trustKeys: TrustKeys
  readonly registry: Pick<Registry, 'federation'>
  readonly issuers: Issuers
  readonly useOnce: UseOnce
  readonly clock: Clock
}

/** How a token of a platform came: as client assertion, of one kind or the other, or as the grant itself. */
type Way = 'jwt' | 'jwt-svid' | 'grant'

const wayOf = (form: Form): { readonly way: Way; readonly text: string } | undefined => {
  const presented = clientAssertionOf(form)
  const granted = form.get('grant_type') === jwtBearerType ? form.get('assertion') : undefined
  if (granted !== undefined && presented !== undefined) {
    throw new OAuthError('invalid_request', 'The request uses more than one client authentication method.', {
      check: 'one-authentication-method',
      received: 'assertion client_assertion',
    })
  }
  if (granted !== undefined) return { way: 'grant', text: granted }
  if (presented === undefined || (presented.kind === 'jwt' && !isOfPlatform(presented.assertion))) return undefined
  return { way: presented.kind, text: presented.assertion }
}

/** The trusts a token may be of, as it came. */
export const trustsFor = (federation: Federation, { issuers }: PlatformToken, way: Way): readonly Trust[] =>
  issuers
    .flatMap((issuer) => federation.ofIssuer(issuer))
    .filter((trust) => way === 'grant' || isTrustDomain(trust) === (way === 'jwt-svid'))

const read = (text: string, way: Way): PlatformToken => {
  try {
    return readPlatformToken(text)
  } catch (error) {
    throw way === 'grant' ? asInvalidGrant(error) : error
  }
}

/**
 * `federated`: the platform a workload runs on says which one it is, in a token signed by a trusted issuer, and a client
 * names the trust and what its tokens say (RFC 7521 §4.2, RFC 7523 §2.2 and §2.1, draft-ietf-oauth-spiffe-client-auth).
 */
export const createFederated = (deps: FederatedDependencies): ClientAuthenticationMethod => {
  const { clientKeys, trustKeys, registry, issuers, useOnce, clock } = deps
  const verifyToken = createPlatformTokenVerifier({ trustKeys, now: clock.now })

  const present = (token: PlatformToken, way: Way, named: string | undefined): Presented => {
    // The same request asks several times, and a trust that was changed meanwhile is another object.
    const verified = new Map<Trust, Promise<void>>()
    const verify = (trust: Trust, workspace: WorkspaceKey): Promise<void> => {
      const known = verified.get(trust) ?? verifyToken(token, trust, issuers.of(workspace))
      verified.set(trust, known)
      return known
    }
    let used: { readonly trust: Trust; readonly workspace: WorkspaceKey } | undefined

    /** The trusts of a workspace whose token it is, one at least. @throws OAuthError */
    const believe = async (workspace: WorkspaceKey): Promise<readonly Trust[]> => {
      const trusts = trustsFor(await registry.federation(workspace), token, way)
      if (trusts.length === 0) {
        await verifyAssertion(token.text, token.header.algorithm, clientKeys.nobody(token.header.algorithm))
        throw invalidClient('assertion-iss', 'the issuer of a trust', token.issuers.join(' ').slice(0, 200))
      }
      return believing(trusts, (trust) => verify(trust, workspace))
    }

    return {
      clientId: named,
      ...(way === 'grant' ? { asGrant: true } : {}),
      identify: async (workspace) => {
        const trusts = await believe(workspace)
        const federation = await registry.federation(workspace)
        return soleClient(federation, trusts, token, clock.now())
      },
      prove: async (client: Client | undefined, workspace) => {
        const trusts = await believe(workspace)
        if (client === undefined || !client.authenticationMethods.includes(federatedName)) {
          throw invalidClient(client === undefined ? 'client-known' : 'authentication-method-registered', federatedName)
        }
        const { credential, trust } = identityOf(client, trusts, token, clock.now())
        used = { trust, workspace }
        return credential.id
      },
      spend: async () => {
        if (used?.trust.singleUse !== true) return
        const { jti, exp } = token.claims
        const { trust, workspace } = used
        const digest = sha256(JSON.stringify(['federated', workspace, trust.id, jti])).toString('base64url')
        const { iat, nbf } = token.claims
        const times = { exp: Number(exp), iat: isTime(iat) ? iat : 0, nbf: isTime(nbf) ? nbf : 0 }
        const earliest = earliestTime(times, trust.maximumLifetime)
        assertFirst(await useOnce({ digest, expires: (Number(exp) + clockLeeway) * 1000, earliest }))
      },
      longestLifetime: () =>
        used?.trust.boundLifetime === true
          ? Math.max(1, Math.floor(Number(token.claims.exp) - clock.now() / 1000))
          : undefined,
    }
  }

  return {
    name: federatedName,
    published: ['private_key_jwt', 'spiffe_jwt'],
    present: (_request, form) => {
      const presented = wayOf(form)
      if (presented === undefined) return undefined
      const { way, text } = presented
      const named = form.get('client_id')
      const token = read(text, way)
      // A SPIFFE id as client_id says who it is by the token's own name, not by ours.
      return present(token, way, way === 'jwt-svid' && named === token.sub ? undefined : named)
    },
  }
}
