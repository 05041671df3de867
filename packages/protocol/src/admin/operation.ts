import type { Static, TSchema } from 'typebox'

/** What an administrator's token must allow for an operation: a scope of the admin API, for all tenants or for one. */
export type AdminScope = 'read' | 'write' | 'secrets'

/** One call of the admin API, as data: routes, OpenAPI, the typed client and the command line derive from it. */
export interface Operation {
  /** The name of its function in a client, such as `createClient`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/admin/v1`; parameters in braces, each one path segment, percent-encoded. */
  readonly path: string
  readonly scope: AdminScope
  /** One sentence. */
  readonly summary: string
  readonly query?: TSchema
  /** The JSON body. Unknown members are refused. */
  readonly input?: TSchema
  readonly status: 200 | 201 | 202
  readonly result: TSchema
  /** An input, or for a call without a body a query, that is valid. */
  readonly example?: unknown
}

/** Names of the parameters in a path. */
export type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never

export type InputOf<O extends Operation> = O extends { readonly input: infer I extends TSchema } ? Static<I> : undefined
export type QueryOf<O extends Operation> = O extends { readonly query: infer Q extends TSchema } ? Static<Q> : undefined
export type ResultOf<O extends Operation> = Static<O['result']>
