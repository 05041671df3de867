import type { Api, Scope } from '../domain/api.ts'
import type { Client, Permission } from '../domain/client.ts'
import type {
  CertificateCredential,
  CertificateSubjectCredential,
  Credential,
  FederatedCredential,
  KeyCertificate,
  KeyCredential,
  KeySetCredential,
  SecretCredential,
} from '../domain/credential.ts'
import { type CredentialLife, lifeOf } from '../domain/credential-state.ts'
import type {
  AuditOutage,
  EndpointAlias,
  LeakedCredentials,
  SecurityProfile,
  TokenRateLimit,
  Workspace,
  WorkspaceKey,
} from '../domain/workspace.ts'
import { defaultExpiryNotices } from '../policy/expiry-notices.ts'
import type { Entity } from '../store/store.ts'

/**
 * What the store keeps of each kind of configuration, as JSON. A member that is absent has the default given here, so
 * that an older body stays readable when a setting is added.
 */
export type WorkspaceBody = {
  readonly displayName?: string
  readonly enabled?: boolean
  readonly tokenLifetime?: number
  readonly maxTokenLifetime?: number
  readonly multipleAudiences?: boolean
  readonly dpopNonce?: boolean
  readonly allowSecrets?: boolean
  readonly leakedCredentials?: LeakedCredentials
  readonly auditOutage?: AuditOutage
  readonly tokenRateLimit?: TokenRateLimit
  readonly maximumSecretLifetime?: number
  readonly maximumKeyLifetime?: number
  readonly rotationOverlap?: number
  readonly expiryNotices?: readonly number[]
  readonly refuseRs256Assertions?: boolean
  readonly senderConstrainedTokens?: boolean
  readonly profile?: SecurityProfile
  readonly aliases?: readonly EndpointAlias[]
  readonly trustAnchors?: readonly string[]
}

export type ApiBody = Partial<Omit<Api, 'id' | 'audience' | 'scopes' | 'tokenLifetime'>> & {
  readonly audience: string
  readonly scopes?: readonly (Pick<Scope, 'name'> & Partial<Scope>)[]
  readonly tokenLifetime?: number
}

export type ClientBody = Partial<
  Omit<Client, 'id' | 'credentials' | 'permissions' | 'tokenLifetime' | 'tokenRateLimit'>
> & {
  readonly permissions?: readonly (Omit<Permission, 'defaultScopes'> & Partial<Permission>)[]
  readonly tokenLifetime?: number
  readonly tokenRateLimit?: TokenRateLimit
}

type CredentialTimes = CredentialLife & {
  /** Epoch milliseconds. */
  readonly created: number
  readonly expires?: number
}

export type SecretBody = Omit<SecretCredential, 'id' | 'expires' | keyof CredentialLife> &
  CredentialTimes & {
    /** The last four characters of a generated secret, to tell several apart; empty for a chosen one. */
    readonly hint: string
  }

export type CredentialBody =
  | SecretBody
  | (Omit<KeyCredential, 'id' | 'expires' | keyof CredentialLife> & CredentialTimes)
  | (Omit<KeySetCredential, 'id' | 'expires' | keyof CredentialLife> & CredentialTimes)
  | (Omit<CertificateSubjectCredential, 'id' | 'expires' | keyof CredentialLife> & CredentialTimes)
  | (Omit<CertificateCredential, 'id' | 'expires' | keyof CredentialLife> & CredentialTimes)
  | (Omit<FederatedCredential, 'id' | 'expires' | keyof CredentialLife> & CredentialTimes)

/** Seconds a token lives, and may live at the most, where a workspace says nothing. */
export const defaultTokenLifetime = 3600
export const defaultMaxTokenLifetime = 86_400

/** Seconds the credentials before a rotation go on, where a workspace says nothing. */
export const defaultRotationOverlap = 86_400

export const readWorkspaceBody = (key: WorkspaceKey, body: string): Workspace => {
  const stored = JSON.parse(body) as WorkspaceBody
  return {
    key,
    displayName: stored.displayName ?? '',
    enabled: stored.enabled ?? true,
    tokenLifetime: stored.tokenLifetime ?? defaultTokenLifetime,
    maxTokenLifetime: stored.maxTokenLifetime ?? defaultMaxTokenLifetime,
    multipleAudiences: stored.multipleAudiences ?? false,
    dpopNonce: stored.dpopNonce ?? false,
    allowSecrets: stored.allowSecrets ?? true,
    leakedCredentials: stored.leakedCredentials ?? 'revoke',
    tokenRateLimit: stored.tokenRateLimit,
    maximumSecretLifetime: stored.maximumSecretLifetime,
    maximumKeyLifetime: stored.maximumKeyLifetime,
    rotationOverlap: stored.rotationOverlap ?? defaultRotationOverlap,
    expiryNotices: stored.expiryNotices ?? defaultExpiryNotices,
    refuseRs256Assertions: stored.refuseRs256Assertions ?? false,
    auditOutage: stored.auditOutage ?? 'strict',
    senderConstrainedTokens: stored.senderConstrainedTokens ?? false,
    profile: stored.profile,
    aliases: stored.aliases ?? [],
    trustAnchors: stored.trustAnchors ?? [],
  }
}

export const readApiBody = (id: string, body: string): Api => {
  const stored = JSON.parse(body) as ApiBody
  return {
    id,
    displayName: stored.displayName ?? '',
    enabled: stored.enabled ?? true,
    audience: stored.audience,
    scopes: (stored.scopes ?? []).map(({ name, description = '' }) => ({ name, description })),
    tokenFormat: stored.tokenFormat ?? 'jwt',
    algorithm: stored.algorithm ?? 'ES256',
    tokenLifetime: stored.tokenLifetime,
  }
}

/** A certificate's subject is kept for people, and no token request needs it. */
const timed = ({ thumbprint, notBefore, notAfter }: KeyCertificate): KeyCertificate => ({
  thumbprint,
  notBefore,
  notAfter,
})

const readProof = (id: string, stored: CredentialBody): Credential => {
  const { expires } = stored
  if (stored.type === 'secret') return { id, type: stored.type, hash: stored.hash, expires }
  if (stored.type === 'key-set') return { id, type: stored.type, uri: stored.uri, expires }
  if (stored.type === 'certificate-subject') {
    return { id, type: stored.type, match: stored.match, value: stored.value, expires }
  }
  if (stored.type === 'certificate') {
    return { id, type: stored.type, match: stored.match, digest: stored.digest, expires }
  }
  if (stored.type === 'federated') return { id, type: stored.type, trust: stored.trust, match: stored.match, expires }
  const { type, algorithm, kid, jwk, certificate, origin } = stored
  return {
    id,
    type,
    algorithm,
    kid,
    jwk,
    ...(certificate === undefined ? {} : { certificate: timed(certificate) }),
    ...(origin === undefined ? {} : { origin }),
    expires,
  }
}

export const readCredentialBody = (id: string, body: string): Credential => {
  const stored = JSON.parse(body) as CredentialBody
  return { ...readProof(id, stored), ...lifeOf(stored) }
}

/** Authentication methods of a client that names none: either way of sending a secret. */
export const defaultAuthenticationMethods: readonly string[] = ['client_secret_basic', 'client_secret_post']

/** Equal parts of clients are kept once: a hundred thousand clients of a fleet mostly differ in id and secret. */
export type Shared = <T extends object>(value: T) => T

export const readClient = (client: Entity, credentials: readonly Entity[], shared: Shared): Client => {
  const stored = JSON.parse(client.body) as ClientBody
  return {
    id: client.id,
    displayName: stored.displayName ?? '',
    enabled: stored.enabled ?? true,
    capabilities: shared(stored.capabilities ?? []),
    authenticationMethods: shared(stored.authenticationMethods ?? defaultAuthenticationMethods),
    tokenEndpointAudience: stored.tokenEndpointAudience ?? false,
    dpopBoundAccessTokens: stored.dpopBoundAccessTokens ?? false,
    certificateBoundAccessTokens: stored.certificateBoundAccessTokens ?? false,
    permissions: shared(
      (stored.permissions ?? []).map(({ api, scopes, defaultScopes = [] }) => ({ api, scopes, defaultScopes })),
    ),
    introspects: shared(stored.introspects ?? []),
    tokenLifetime: stored.tokenLifetime,
    tokenRateLimit: stored.tokenRateLimit && shared(stored.tokenRateLimit),
    allowedAddresses: shared(stored.allowedAddresses ?? []),
    // Draining ones last: what two of them prove is proven by the one that stays, and nobody seems to need the old one.
    credentials: credentials
      .map((credential) => readCredentialBody(credential.id, credential.body))
      .sort((a, b) => Number(a.drainsUntil !== undefined) - Number(b.drainsUntil !== undefined)),
  }
}
