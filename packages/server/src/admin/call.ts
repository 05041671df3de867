import type { InputOf, Operation, PathParameter, QueryOf, ResultOf } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { IdempotencyRecord } from '../store/store.ts'
import type { Administrator } from './administrator.ts'

/** What a handler answers; `etag` is the revision or version a later If-Match may name. */
export type Answer<R = unknown> = { readonly body: R; readonly etag?: number }

/** A call of an operation: authenticated, allowed and valid by its schemas. */
export type Call<O extends Operation> = {
  readonly operation: O
  readonly administrator: Administrator
  readonly parameters: Readonly<Record<PathParameter<O['path']>, string>>
  readonly input: InputOf<O>
  readonly query: QueryOf<O>
  /** The workspace the path names; of no meaning where it names none. */
  readonly workspace: WorkspaceKey
  /** The number in If-Match, if there is one. */
  readonly ifMatch: number | undefined
  readonly address: string
  /** Seals an answer to be kept under the caller's Idempotency-Key, in the transaction that makes it true. */
  readonly keep: ((answer: Answer) => IdempotencyRecord) | undefined
  /** Aborted when the server closes: whoever waits for events stops. */
  readonly closing: AbortSignal
}

export type Handler = {
  readonly operation: Operation
  readonly handle: (call: Call<Operation>) => Promise<Answer>
}

/** Ties a handler to its operation, and its types to the contract's. */
export const handle = <const O extends Operation>(
  operation: O,
  handler: (call: Call<O>) => Promise<Answer<ResultOf<O>>>,
): Handler => ({ operation, handle: handler as unknown as Handler['handle'] })
