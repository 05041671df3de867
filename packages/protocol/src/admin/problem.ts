import { type Static, Type } from 'typebox'
import { object } from './common.ts'

/** The problems of the admin API (RFC 9457): `type` is `urn:mintmark:problem:` and the name. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not well-formed' },
  'invalid-input': { status: 400, title: 'The input breaks a rule' },
  'invalid-cursor': { status: 400, title: 'The cursor is not one of ours' },
  unauthenticated: { status: 401, title: 'An administrator’s token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  conflict: { status: 409, title: 'The change conflicts with what is there' },
  stale: { status: 412, title: 'It was changed since you read it' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  unavailable: { status: 503, title: 'The server cannot do this now' },
  internal: { status: 500, title: 'The server failed' },
} as const

export type ProblemName = keyof typeof problems

/** A problem as answered, `application/problem+json`. */
export const problem = object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  reference: Type.Optional(Type.String({ description: 'What to ask `explain` about' })),
  errors: Type.Optional(
    Type.Array(object({ path: Type.String({ description: 'JSON pointer' }), message: Type.String() })),
  ),
  conflicts: Type.Optional(Type.Array(Type.String())),
})
export type Problem = Static<typeof problem>

export const problemType = (name: ProblemName): string => `urn:mintmark:problem:${name}`
