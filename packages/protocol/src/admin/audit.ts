import { type Static, Type } from 'typebox'
import { object, pageOf, pageQuery, time } from './common.ts'

/** An audit event: these members, and those of its type. */
export const auditEvent = Type.Intersect([
  Type.Object({
    sequence: Type.Integer(),
    time,
    type: Type.String(),
    workspace: Type.Optional(Type.String()),
    client: Type.Optional(Type.String()),
    reference: Type.Optional(Type.String()),
  }),
  Type.Record(Type.String(), Type.Unknown()),
])
export type AuditEventView = Static<typeof auditEvent>

const filters = {
  workspace: Type.Optional(Type.String({ maxLength: 130, description: '`tenant/workspace`' })),
  client: Type.Optional(Type.String({ maxLength: 128 })),
  type: Type.Optional(
    Type.String({
      maxLength: 400,
      description: 'Types separated by commas; one ending in a dot names all that begin so',
    }),
  ),
  reference: Type.Optional(Type.String({ maxLength: 64 })),
  since: Type.Optional(time),
  until: Type.Optional(time),
}

export const auditQuery = object({ ...pageQuery.properties, ...filters })
export type AuditQuery = Static<typeof auditQuery>

export const followQuery = object({
  ...filters,
  limit: pageQuery.properties.limit,
  position: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Of the answer before; absent: from now on',
    }),
  ),
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 30,
      default: 0,
      description: 'Seconds to wait for an event when there is none',
    }),
  ),
})
export type FollowQuery = Static<typeof followQuery>

export const followed = object({ items: Type.Array(auditEvent), position: Type.Integer() })
export type Followed = Static<typeof followed>

export const explanation = object({
  reference: Type.String(),
  sentence: Type.String({ description: 'What failed, in words' }),
  check: Type.String(),
  expected: Type.Optional(Type.String()),
  received: Type.Optional(Type.String()),
  event: auditEvent,
})
export type Explanation = Static<typeof explanation>

export const auditOperations = {
  listAuditEvents: {
    name: 'listAuditEvents',
    method: 'GET',
    path: '/audit',
    scope: 'read',
    summary: 'List audit events, newest first; a page may hold fewer than asked for and still have a next.',
    query: auditQuery,
    status: 200,
    result: pageOf(auditEvent),
    example: { type: 'token.refused', workspace: 'acme/payments' },
  },
  followAuditEvents: {
    name: 'followAuditEvents',
    method: 'GET',
    path: '/audit/follow',
    scope: 'read',
    summary: 'Audit events after a position, oldest first; waits for the next when there is none.',
    query: followQuery,
    status: 200,
    result: followed,
    example: { wait: 20 },
  },
  explainReference: {
    name: 'explainReference',
    method: 'GET',
    path: '/explain/{reference}',
    scope: 'read',
    summary: 'Explain a refusal by its reference: the check that failed, expected against received.',
    status: 200,
    result: explanation,
  },
} as const
