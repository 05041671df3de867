import { type Static, type TSchema, Type } from 'typebox'

/** Ids of tenants, workspaces and APIs. */
export const idPattern = '^[a-z0-9][a-z0-9._-]{0,62}$'

/**
 * Ids of clients that are chosen: what other servers use as ids is accepted, so that clients can move here with theirs;
 * no control characters, and nothing that a URL would resolve away. Generated ids have only letters and digits.
 */
export const clientIdPattern = '^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]{1,128}$'

/** Members nobody declared are refused. */
export const strict = { additionalProperties: false } as const

/** An object that refuses members it does not know. */
export const object = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties, strict)

export const id = Type.String({ pattern: idPattern })
export const clientId = Type.String({ pattern: clientIdPattern })
/** One scope (RFC 6749 §3.3): no space, or it would be several in a token. */
export const scopeName = Type.String({
  pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}$',
  description: 'RFC 6749 §3.3; may end in *',
})
export const displayName = Type.String({ maxLength: 200, description: 'For people; any text' })
export const note = Type.String({ maxLength: 500, description: 'Why, for the history' })
/** Seconds. */
export const lifetime = Type.Integer({ minimum: 1, maximum: 31_536_000, description: 'Seconds' })
/** How many tokens a client may get. */
export const tokenRateLimit = object({
  perSecond: Type.Number({
    minimum: 0.01,
    maximum: 1_000_000,
    description: 'Tokens a second in the long run, on each node',
  }),
  burst: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Tokens at once, on each node; absent: as many as in a second, 1 at the least',
    }),
  ),
})
export const revision = Type.Integer({ minimum: 0, description: 'Workspace revision that last changed it' })
/** An instant, RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`. */
export const time = Type.String({
  pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$',
  description: 'RFC 3339, in UTC',
})
export const enabled = Type.Boolean({ description: 'False: refused as if it did not exist' })

const pageMembers = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  after: Type.Optional(Type.String({ maxLength: 1024, description: 'The `next` of the page before' })),
}

/** Query of a list. */
export const pageQuery = object(pageMembers)
/** Query of a list that can be searched. */
export const searchQuery = object({
  ...pageMembers,
  search: Type.Optional(
    Type.String({ maxLength: 200, description: 'Text that id or settings contain, taken literally' }),
  ),
})

/** One page; `next` is absent on the last. */
export const pageOf = <T extends TSchema>(item: T) =>
  object({ items: Type.Array(item), next: Type.Optional(Type.String()) })

/** What a change did to one thing, member by member; never a secret or a hash. */
export const difference = object({
  action: Type.Union([Type.Literal('created'), Type.Literal('updated'), Type.Literal('deleted')]),
  kind: Type.Union([
    Type.Literal('workspace'),
    Type.Literal('api'),
    Type.Literal('trust'),
    Type.Literal('client'),
    Type.Literal('credential'),
    Type.Literal('rotation'),
    Type.Literal('webhook'),
  ]),
  id: Type.String(),
  parent: Type.Optional(Type.String({ description: 'The client a credential or rotation belongs to' })),
  members: Type.Array(
    object({ name: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) }),
  ),
})
export type Difference = Static<typeof difference>

/** A secret in the one answer that shows it. */
export const shownSecret = object({
  client: Type.Optional(Type.String({ description: 'Whose secret it is' })),
  webhook: Type.Optional(Type.String({ description: 'Or the webhook that signs with it' })),
  id: Type.String(),
  secret: Type.Optional(Type.String({ description: 'Of a generated secret: shown in this answer and never again' })),
})
export type ShownSecret = Static<typeof shownSecret>

/** A committed change set. */
export const committed = object({
  revision,
  changes: Type.Array(difference),
  secrets: Type.Array(shownSecret),
})
export type Committed = Static<typeof committed>
