import type { OriginalRequest } from '../decision/original-request.ts'

/** What a gateway tells of the request it asks about. */
export type Told = Pick<OriginalRequest, 'method' | 'target' | 'host'>

/** The question of a gateway, as it arrived. */
export type Question = {
  readonly method: string
  /** The target of the question after the gateway's own path. */
  readonly rest: string
  /** The one line of a header; undefined when there is none, or more than one. */
  readonly line: (name: string) => string | undefined
}

/** One gateway: where it says which request it asks about. */
export type Gateway = {
  readonly name: string
  /** Whether the path of the request follows the gateway's own path in the question. */
  readonly pathFollows: boolean
  /** The request asked about; undefined when the question does not say which, which is a mistake of its configuration. */
  readonly told: (question: Question) => Told | undefined
}
