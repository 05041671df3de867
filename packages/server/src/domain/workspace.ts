/** One issuer, named by tenant and workspace: `acme/payments`. Used as a key everywhere a workspace is meant. */
export type WorkspaceKey = `${string}/${string}`

export const workspaceKey = (tenant: string, workspace: string): WorkspaceKey => `${tenant}/${workspace}`

/** The workspace whose tokens administer this server; its endpoints answer on the management listener only. */
export const systemWorkspace: WorkspaceKey = 'system/admin'

/** Another path under which an endpoint of the workspace answers, for clients made for another product. */
export type EndpointAlias = {
  /** Absolute path on the public listener, such as `/oauth/v2/oauth-token`; unique on the whole server. */
  readonly path: string
  /** Name of the endpoint in `endpoints/endpoints.ts`, such as `token`. */
  readonly endpoint: string
}

/** No token of any workspace lives longer than this, in seconds (a year): what revokes many tokens is kept that long. */
export const longestTokenLifetime = 31_536_000

/** A set of demands by one name; `fapi2` is the FAPI 2.0 Security Profile, as far as it is about client credentials. */
export type SecurityProfile = 'fapi2'

/** What a scanner's report of a leak leads to: `revoke` makes the leaked thing worthless at once, `report` only tells. */
export type LeakedCredentials = 'revoke' | 'report'

/**
 * What happens while audit events cannot be made durable in the store: `strict` issues nothing, `available` keeps them on the
 * disk of the node for a while and issues to clients it knows.
 */
export type AuditOutage = 'strict' | 'available'

/** How many tokens a client may get, on each node. */
export type TokenRateLimit = {
  /** In the long run; may be less than one. */
  readonly perSecond: number
  /** At once; undefined: as many as in a second, and one at the least. */
  readonly burst?: number
}

/** Settings of a workspace. Lifetimes are whole seconds. */
export type Workspace = {
  readonly key: WorkspaceKey
  readonly displayName: string
  readonly enabled: boolean
  /** Life of an access token where neither client nor API says otherwise. Default 3600. */
  readonly tokenLifetime: number
  /** No token of this workspace lives longer, whatever client or API say. Default 86400. */
  readonly maxTokenLifetime: number
  /** Whether one token may name several APIs (RFC 8707 §2); default false: a token is for one API. */
  readonly multipleAudiences: boolean
  /** Whether DPoP proofs need a nonce of this server (RFC 9449 §8); default false. */
  readonly dpopNonce: boolean
  /** Whether clients may be given secrets; default true. Secrets there are go on. */
  readonly allowSecrets: boolean
  /** What happens to secrets and tokens that a scanner found in public; default `revoke`: whoever looked has them. */
  readonly leakedCredentials: LeakedCredentials
  /** Of each client that has none of its own; undefined: none. */
  readonly tokenRateLimit: TokenRateLimit | undefined
  /** How long a new secret may live at the most, in seconds; undefined: for ever. */
  readonly maximumSecretLifetime: number | undefined
  /** How long a new key or certificate of a client may live at the most, in seconds; undefined: for ever. */
  readonly maximumKeyLifetime: number | undefined
  /** How long the credentials before a rotation go on where it does not say, in seconds. Default 86400. */
  readonly rotationOverlap: number
  /** How far before its end a credential is announced, in seconds. Default 30, 7 and 1 days. */
  readonly expiryNotices: readonly number[]
  /** Whether clients may not sign their assertions with RS256 (RSASSA-PKCS1-v1_5); default false. */
  readonly refuseRs256Assertions: boolean
  /** Default `strict`. */
  readonly auditOutage: AuditOutage
  /** Whether every token must be bound to a key or a certificate; default false. */
  readonly senderConstrainedTokens: boolean
  /** What `policy/security-profile.ts` demands by this name; undefined: nothing. */
  readonly profile: SecurityProfile | undefined
  readonly aliases: readonly EndpointAlias[]
  /** CAs whose certificates prove clients by `tls_client_auth`, each as PEM; none: nobody's. */
  readonly trustAnchors: readonly string[]
}
