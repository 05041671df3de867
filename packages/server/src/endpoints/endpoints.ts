import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateClient } from '../client-auth/authenticate.ts'
import type { AuthenticateBearer } from '../client-auth/bearer.ts'
import type { BindByDpop } from '../client-auth/dpop.ts'
import type { ProveRollover } from '../client-auth/key-rollover.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Clock } from '../lib/clock.ts'
import type { Rollover } from '../registry/key-rollover.ts'
import type { Registry } from '../registry/registry.ts'
import type { CountKeyRollover, RollKey } from '../registry/roll-key.ts'
import type { Store } from '../store/store.ts'
import type { InspectToken } from '../tokens/inspect.ts'
import type { WriteIntrospection } from '../tokens/introspection-jwt.ts'
import type { IssueToken } from '../tokens/issue.ts'
import type { RevokeTokens } from '../tokens/revoke.ts'
import type { LimitTokens } from '../tokens/token-limit.ts'
import { authorizeEndpoint } from './authorize.ts'
import { createClientKeyRolloverEndpoint } from './client-key-rollover.ts'
import type { Endpoint } from './endpoint.ts'
import { createIntrospectionEndpoint } from './introspect.ts'
import { createJwksEndpoint } from './jwks.ts'
import {
  type CertificateService,
  createAuthorizationServerMetadata,
  createOpenidConfiguration,
  createServerDescription,
} from './metadata.ts'
import { createRevocationEndpoint } from './revoke.ts'
import { createTokenEndpoint } from './token.ts'

export type EndpointDependencies = {
  readonly authenticateClient: AuthenticateClient
  readonly authenticationMethods: readonly string[]
  readonly authenticateBearer: AuthenticateBearer
  readonly bindByDpop: BindByDpop
  readonly registry: Registry
  readonly limitTokens: LimitTokens
  readonly issueToken: IssueToken
  readonly inspectToken: InspectToken
  readonly introspectionJwt: WriteIntrospection
  readonly revokeTokens: RevokeTokens
  readonly proveRollover: ProveRollover
  readonly rollKey: RollKey
  readonly countKeyRollover: CountKeyRollover
  /** Told of each client whose keys were frozen. */
  readonly tellFrozen: (request: Rollover) => void
  readonly refuse: Refuse
  readonly keyring: Keyring
  readonly issuers: Issuers
  readonly clock: Clock
  readonly contact: Store['contact']
  readonly certificates: CertificateService
  /** Seconds metadata and keys may be cached. */
  readonly maxAge: number
}

/** What a workspace answers, one line each; routes, metadata and alias choices derive from this list. */
export const createEndpoints = (deps: EndpointDependencies): readonly Endpoint[] => {
  const describe = createServerDescription({ ...deps, endpoints: () => endpoints })
  const endpoints: readonly Endpoint[] = [
    createTokenEndpoint(deps),
    createIntrospectionEndpoint(deps),
    createRevocationEndpoint(deps),
    createClientKeyRolloverEndpoint(deps),
    authorizeEndpoint,
    createJwksEndpoint(deps),
    createAuthorizationServerMetadata({ describe, ...deps }),
    createOpenidConfiguration({ describe, ...deps }),
  ]
  return endpoints
}
