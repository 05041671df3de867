import { type Static, Type } from 'typebox'
import { object, time } from './common.ts'
import { credentialLife } from './credential-life.ts'
import { createdSecret } from './secrets.ts'

const workspace = Type.String({ maxLength: 130, pattern: '^[^/]+/[^/]+$', description: '`tenant/workspace`' })
const credentialId = Type.String({ minLength: 1, maxLength: 64 })
const jti = Type.String({ minLength: 1, maxLength: 200 })
const clientName = Type.String({ minLength: 1, maxLength: 128 })

/** What was found somewhere it should not be. Of a generated secret its digest is enough, of a private key the public one. */
export const leakQuestion = Type.Union([
  object({ digest: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'SHA-256 of a secret, base64url' }) }),
  object({ token: Type.String({ minLength: 1, maxLength: 32_768 }) }),
  object({ workspace, jti }),
  object({
    workspace,
    client: clientName,
    secret: Type.String({ minLength: 1, maxLength: 512, description: 'A chosen one; needs the scope secrets' }),
  }),
  object({
    workspace,
    jwk: Type.Record(Type.String(), Type.Unknown(), { description: 'A public key (RFC 7517)' }),
  }),
])
export type LeakQuestion = Static<typeof leakQuestion>

export const leakOwner = object({
  workspace: Type.String(),
  client: Type.String(),
  displayName: Type.String(),
  clientEnabled: Type.Boolean(),
  credential: Type.String(),
  type: Type.String({ description: '`secret`, `key`, `certificate`, `federated`, …' }),
  hint: Type.Optional(Type.String({ description: 'The last four characters of a generated secret' })),
  created: Type.Optional(time),
  createdBy: Type.Optional(Type.String({ description: 'Who made it, where the history says so' })),
  ...credentialLife,
  callers: Type.Array(
    object({
      time,
      address: Type.String(),
      agent: Type.Optional(Type.String({ description: '`User-Agent`' })),
      instance: Type.Optional(Type.String({ description: 'What the process calls itself' })),
    }),
    { description: 'Who used it last, the latest first' },
  ),
})
export type LeakOwner = Static<typeof leakOwner>

export const leakedToken = object({
  workspace: Type.String(),
  client: Type.String(),
  credential: Type.String(),
  jti: Type.String(),
  active: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'Why it is not active' })),
  issued: time,
  expires: time,
  audience: Type.Array(Type.String()),
  scope: Type.Optional(Type.String()),
  bound: Type.Boolean({ description: 'Whether it is worthless without a key or certificate' }),
})
export type LeakedToken = Static<typeof leakedToken>

export const leakFound = object({
  owners: Type.Array(leakOwner, { description: 'Several when one secret or key was registered more than once' }),
  token: Type.Optional(leakedToken),
})
export type LeakFound = Static<typeof leakFound>

const use = { count: Type.Integer(), first: time, last: time }

export const credentialTrace = object({
  tokens: Type.Optional(object(use)),
  refusals: Type.Integer({ description: 'Requests of the client that were refused, by whatever credential' }),
  apis: Type.Array(object({ api: Type.String(), scope: Type.String(), ...use })),
  addresses: Type.Array(object({ address: Type.String(), ...use })),
  live: Type.Array(
    object({
      jti: Type.String(),
      api: Type.String(),
      scope: Type.String(),
      address: Type.String(),
      issued: time,
      expires: time,
    }),
    { description: 'Tokens that count still, newest first; a few of them' },
  ),
  liveCount: Type.Integer(),
  until: time,
  next: Type.Optional(Type.String({ description: 'The log goes on: ask again with `after`' })),
})
export type CredentialTrace = Static<typeof credentialTrace>

export const leakResponse = object({
  client: clientName,
  credential: credentialId,
  jti: Type.Optional({ ...jti, description: 'Only this token leaked: it is revoked, and the credential goes on' }),
  rotate: Type.Optional(Type.Boolean({ description: 'Whether a new secret takes the place of the leaked one' })),
  expires: Type.Optional({ ...time, description: 'When the new secret ends' }),
})
export type LeakResponseInput = Static<typeof leakResponse>

export const leakAnswered = object({
  time,
  response: Type.Union([Type.Literal('token-revoked'), Type.Literal('credential-retired')]),
  client: Type.String(),
  credential: Type.String(),
  revision: Type.Optional(Type.Integer({ description: 'Of the workspace, after the credential was retired' })),
  frozen: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Keys that came after a leaked one by roll-over: they prove nothing now',
    }),
  ),
  secret: Type.Optional(createdSecret),
})
export type LeakAnswered = Static<typeof leakAnswered>

export const incidentOperations = {
  identifyLeak: {
    name: 'identifyLeak',
    method: 'POST',
    path: '/incidents/identify',
    scope: 'read',
    summary: 'Tell whose a leaked secret, key or token is. Nothing is changed.',
    input: leakQuestion,
    status: 200,
    result: leakFound,
    example: { digest: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' },
  },
  traceCredential: {
    name: 'traceCredential',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}/credentials/{credential}/trace',
    scope: 'read',
    summary: 'What was got with a credential: tokens, for which APIs, from where, and which are alive. Newest first.',
    query: object({
      since: Type.Optional(time),
      after: Type.Optional(Type.String({ maxLength: 1024, description: 'The `next` of the answer before' })),
    }),
    status: 200,
    result: credentialTrace,
    example: { since: '2026-01-01T00:00:00Z' },
  },
  respondToLeak: {
    name: 'respondToLeak',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/incidents',
    scope: 'secrets',
    summary: 'Retire a leaked credential for good and revoke all its tokens, or revoke one leaked token.',
    input: leakResponse,
    status: 200,
    result: leakAnswered,
    example: { client: 'billing-job', credential: 'k3Jx81mQzP', rotate: true },
  },
} as const
