import type { Problem } from '@mintmark/protocol/admin'

/** The admin API refused a call. The message is the server's sentence; `problem` is its whole answer (RFC 9457). */
export class AdminError extends Error {
  /** The HTTP status. */
  readonly status: number
  /** The last part of the problem's type, such as `not-found`, `conflict`, `stale`. */
  readonly code: string
  readonly problem: Problem
  /** What to give to `explainReference`. */
  readonly reference: string | undefined

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'AdminError'
    this.status = problem.status
    this.code = problem.type.slice(problem.type.lastIndexOf(':') + 1)
    this.problem = problem
    this.reference = problem.reference
  }
}
