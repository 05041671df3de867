import { type Static, Type } from 'typebox'
import { object, time } from './common.ts'

const token = Type.String({ minLength: 1, maxLength: 8192 })

export const tokenInspection = object({
  active: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'Why it is not active' })),
  format: Type.Optional(Type.String()),
  kid: Type.Optional(Type.String()),
  credential: Type.Optional(Type.String({ description: 'Id of the credential that obtained it' })),
  claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export type TokenInspection = Static<typeof tokenInspection>

const issuedBefore = Type.Optional(time)

/** What to revoke; with `issuedBefore` only what was issued before that time, without it everything until now. */
export const tokenRevocation = Type.Union([
  object({ token }),
  object({ jti: Type.String({ minLength: 1, maxLength: 200 }) }),
  object({ client: Type.String({ minLength: 1, maxLength: 128 }), issuedBefore }),
  object({
    client: Type.String({ minLength: 1, maxLength: 128 }),
    credential: Type.String({ minLength: 1, maxLength: 64 }),
    issuedBefore,
  }),
  object({ workspace: Type.Literal(true), issuedBefore }),
])
export type TokenRevocation = Static<typeof tokenRevocation>

export const tokenRevoked = object({
  subject: Type.Union([
    Type.Literal('token'),
    Type.Literal('credential'),
    Type.Literal('client'),
    Type.Literal('workspace'),
  ]),
  value: Type.String({ description: 'The jti, `client/credential`, the client, or empty for the workspace' }),
  issuedUntil: Type.Optional(time),
})
export type TokenRevoked = Static<typeof tokenRevoked>

export const tokenOperations = {
  inspectToken: {
    name: 'inspectToken',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/tokens/inspect',
    scope: 'read',
    summary: 'Explain a token of the workspace: its claims, its key, and whether it is alive.',
    input: object({ token }),
    status: 200,
    result: tokenInspection,
    example: { token: 'eyJ…' },
  },
  revokeTokens: {
    name: 'revokeTokens',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/tokens/revoke',
    scope: 'write',
    summary: 'Revoke one token, or all of a credential, of a client or of the workspace, up to a time.',
    input: tokenRevocation,
    status: 200,
    result: tokenRevoked,
    example: { client: 'billing-job' },
  },
} as const
