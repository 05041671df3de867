/** A set of requests the load process keeps under a name, so that a run need not send them again. */
export type Prepare = {
  readonly kind: 'prepare'
  readonly name: string
  readonly port: number
  /** Whole HTTP/1.1 requests, Latin-1, sent in random order. */
  readonly requests: readonly string[]
  /** Whether these come after those sent before under the name, instead of in their place. */
  readonly further: boolean
  /** Every answer must be 200 and hold this text in its body. */
  readonly expect: string
}

/** One run, ended by whichever limit comes first; a run has at least one of the two. */
export type Run = {
  readonly kind: 'run'
  readonly name: string
  /** Connections, each with one request in flight. */
  readonly concurrency: number
  readonly seconds?: number
  readonly count?: number
  /** One request after the other instead of at random; so that `count` equal to their number sends each once. */
  readonly inOrder?: boolean
}

/** A run at a rate of its own, whatever becomes of the requests before. */
export type OpenLoopRun = {
  readonly kind: 'open-loop'
  readonly name: string
  /** Connections, each with at most one request in flight. */
  readonly connections: number
  /** Requests offered a second. */
  readonly perSecond: number
  readonly seconds: number
}

/** What became of the requests of an open loop; those neither answered, refused nor unanswered found no free connection. */
export type OpenLoopResult = {
  readonly offered: number
  readonly answered: number
  /** Answered with 503. */
  readonly refused: number
  /** Without an answer some seconds after the end of the run. */
  readonly unanswered: number
  /** Refusals without `Retry-After`. */
  readonly withoutRetryAfter: number
  readonly okP50Millis: number
  readonly okP99Millis: number
  readonly refusedP50Millis: number
  readonly refusedP99Millis: number
}

export type LoadMessage = Prepare | Run | OpenLoopRun

/** What a run measured. Times are as the client sees them, from writing a request to the last byte of its answer. */
export type LoadResult = {
  readonly requests: number
  readonly failures: number
  /** The first answer that was not as expected, shortened. */
  readonly firstFailure?: string
  readonly seconds: number
  readonly p50Millis: number
  readonly p99Millis: number
}

export type LoadReply =
  | { readonly kind: 'prepared' }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'open-loop-result'; readonly result: OpenLoopResult }
  | { readonly kind: 'error'; readonly message: string }
