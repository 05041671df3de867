import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateClient } from '../client-auth/authenticate.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { IssueToken } from '../tokens/issue.ts'
import { authorizeEndpoint } from './authorize.ts'
import type { Endpoint } from './endpoint.ts'
import { createJwksEndpoint } from './jwks.ts'
import { createAuthorizationServerMetadata, createOpenidConfiguration, createServerDescription } from './metadata.ts'
import { createTokenEndpoint } from './token.ts'

export type EndpointDependencies = {
  readonly authenticateClient: AuthenticateClient
  readonly authenticationMethods: readonly string[]
  readonly issueToken: IssueToken
  readonly refuse: Refuse
  readonly keyring: Keyring
  readonly issuers: Issuers
  /** Seconds metadata and keys may be cached. */
  readonly maxAge: number
}

/** What a workspace answers, one line each; routes, metadata and alias choices derive from this list. */
export const createEndpoints = (deps: EndpointDependencies): readonly Endpoint[] => {
  const describe = createServerDescription({ ...deps, endpoints: () => endpoints })
  const endpoints: readonly Endpoint[] = [
    createTokenEndpoint(deps),
    authorizeEndpoint,
    createJwksEndpoint(deps),
    createAuthorizationServerMetadata({ describe, ...deps }),
    createOpenidConfiguration({ describe, ...deps }),
  ]
  return endpoints
}
