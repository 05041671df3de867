import { type Static, Type } from 'typebox'
import {
  committed,
  displayName,
  enabled,
  id,
  lifetime,
  object,
  pageOf,
  pageQuery,
  revision,
  strict,
  tokenRateLimit,
} from './common.ts'

export const alias = object({
  path: Type.String({ maxLength: 200, description: 'Absolute path on the public listener, unique on the server' }),
  endpoint: Type.String({ description: 'Name of the endpoint that answers there; see `choices`' }),
})

const settings = {
  displayName,
  enabled,
  tokenLifetime: lifetime,
  maxTokenLifetime: lifetime,
  multipleAudiences: Type.Boolean({ description: 'Whether one token may name several APIs (RFC 8707 §2)' }),
  dpopNonce: Type.Boolean({
    description: 'Whether DPoP proofs need a nonce of the server (RFC 9449 §8); default false',
  }),
  allowSecrets: Type.Boolean({
    description: 'False: no new secrets, and no client that would prove itself by one; those there are go on',
  }),
  rotationOverlap: Type.Integer({
    minimum: 0,
    maximum: 7_776_000,
    description: 'Seconds the credentials before a rotation go on where it does not say; default 86400',
  }),
  expiryNotices: Type.Array(Type.Integer({ minimum: 60, maximum: 31_536_000 }), {
    maxItems: 10,
    uniqueItems: true,
    description: 'How far before its end a credential is announced, in seconds; default 30, 7 and 1 days',
  }),
  refuseRs256Assertions: Type.Boolean({
    description: 'Whether assertions that clients sign with RS256 are refused, and new keys for it; default false',
  }),
  leakedCredentials: Type.Union([Type.Literal('revoke'), Type.Literal('report')], {
    description: 'What a scanner that finds a secret or token in public leads to; default revoke',
  }),
  auditOutage: Type.Union([Type.Literal('strict'), Type.Literal('available')], {
    description:
      'While the store takes no audit events: strict issues nothing (default), available keeps them on the disk of the node',
  }),
  senderConstrainedTokens: Type.Boolean({
    description: 'Whether a token must be bound to a key (RFC 9449) or a certificate (RFC 8705); default false',
  }),
  aliases: Type.Array(alias, { maxItems: 50 }),
  trustAnchors: Type.Array(Type.String({ maxLength: 20_000 }), {
    maxItems: 50,
    description: 'CAs whose certificates prove clients by `tls_client_auth`, each as PEM',
  }),
}

const profile = Type.Literal('fapi2')
const maximumSecretLifetime = Type.Integer({
  minimum: 1,
  maximum: 315_360_000,
  description: 'Seconds within which a new secret ends; absent: no limit',
})
const maximumKeyLifetime = Type.Integer({
  minimum: 1,
  maximum: 315_360_000,
  description: 'Seconds within which a new key or certificate of a client ends; absent: no limit',
})

export const workspace = object({
  tenant: Type.String(),
  id: Type.String(),
  issuer: Type.String({ description: 'The `iss` of its tokens' }),
  ...settings,
  tokenRateLimit: Type.Optional(tokenRateLimit),
  maximumSecretLifetime: Type.Optional(maximumSecretLifetime),
  maximumKeyLifetime: Type.Optional(maximumKeyLifetime),
  profile: Type.Optional(profile),
  revision,
})
export type WorkspaceView = Static<typeof workspace>

/** Settings of a workspace: absent is the default when created, unchanged when updated. */
export const workspaceSettings = Type.Partial(
  object({
    ...settings,
    tokenRateLimit: Type.Union([tokenRateLimit, Type.Null()], {
      description: 'How many tokens each client may get that has no limit of its own; null: as many as it asks for',
    }),
    maximumSecretLifetime: Type.Union([maximumSecretLifetime, Type.Null()]),
    maximumKeyLifetime: Type.Union([maximumKeyLifetime, Type.Null()]),
    profile: Type.Union([profile, Type.Null()], {
      description: 'Demands by one name: `fapi2` is the FAPI 2.0 Security Profile; null takes it away',
    }),
  }),
  strict,
)
export type WorkspaceSettings = Static<typeof workspaceSettings>

export const workspaceInput = Type.Object({ tenant: id, id, ...workspaceSettings.properties }, strict)
export type WorkspaceInput = Static<typeof workspaceInput>

export const workspaceOperations = {
  listWorkspaces: {
    name: 'listWorkspaces',
    method: 'GET',
    path: '/workspaces',
    scope: 'read',
    summary: 'List the workspaces the token may see.',
    query: object({ ...pageQuery.properties, tenant: Type.Optional(id) }),
    status: 200,
    result: pageOf(workspace),
  },
  createWorkspace: {
    name: 'createWorkspace',
    method: 'POST',
    path: '/workspaces',
    scope: 'write',
    summary: 'Create a workspace of a tenant.',
    input: workspaceInput,
    status: 201,
    result: workspace,
    example: { tenant: 'acme', id: 'payments', displayName: 'Payments' },
  },
  showWorkspace: {
    name: 'showWorkspace',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}',
    scope: 'read',
    summary: 'Show the settings of a workspace.',
    status: 200,
    result: workspace,
  },
  updateWorkspace: {
    name: 'updateWorkspace',
    method: 'PATCH',
    path: '/workspaces/{tenant}/{workspace}',
    scope: 'write',
    summary: 'Change the settings given; the others stay.',
    input: workspaceSettings,
    status: 200,
    result: workspace,
    example: { tokenLifetime: 900 },
  },
  deleteWorkspace: {
    name: 'deleteWorkspace',
    method: 'DELETE',
    path: '/workspaces/{tenant}/{workspace}',
    scope: 'write',
    summary: 'Delete a workspace that has no APIs and no clients; all of its tokens are revoked.',
    status: 200,
    result: committed,
  },
} as const
