import type { Client } from '../src/domain/client.ts'
import type { Workspace } from '../src/domain/workspace.ts'

/** A workspace as it is when nothing is said of it, but that its tokens live for a minute: for tests to change what they are about. */
export const plainWorkspace: Workspace = {
  key: 'acme/shop',
  displayName: '',
  enabled: true,
  tokenLifetime: 60,
  maxTokenLifetime: 60,
  multipleAudiences: false,
  dpopNonce: false,
  allowSecrets: true,
  refuseRs256Assertions: false,
  leakedCredentials: 'revoke',
  auditOutage: 'strict',
  tokenRateLimit: undefined,
  maximumSecretLifetime: undefined,
  maximumKeyLifetime: undefined,
  rotationOverlap: 86_400,
  expiryNotices: [],
  senderConstrainedTokens: false,
  profile: undefined,
  aliases: [],
  trustAnchors: [],
}

/** A client that may do nothing yet. */
export const plainClient: Client = {
  id: 'c',
  displayName: '',
  enabled: true,
  capabilities: [],
  authenticationMethods: [],
  tokenEndpointAudience: false,
  dpopBoundAccessTokens: false,
  certificateBoundAccessTokens: false,
  permissions: [],
  introspects: [],
  tokenLifetime: undefined,
  tokenRateLimit: undefined,
  allowedAddresses: [],
  credentials: [],
}
