import type { VerifiedToken } from '@mintmark/resource-server'
import type { Route } from '../routes/route.ts'

/** The request may go to the API. */
export type Passed = {
  readonly passed: true
  readonly route: Route
  /** Undefined on a public route. */
  readonly token: VerifiedToken | undefined
  /** What the API gets as `Authorization` in place of what the caller sent; undefined leaves the caller's. */
  readonly authorization: string | undefined
  /**
   * Headers the API gets in place of whatever the caller sent under these names: who calls, then what the route adds.
   * All that the table knows are there; empty is what is unknown on a public route, or added by other routes only.
   */
  readonly headers: Readonly<Record<string, string>>
}

/** The request must not go to the API. */
export type Refused = {
  readonly passed: false
  readonly route: Route | undefined
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string
  /** Which check failed. For the operator only. */
  readonly check: string
  /** What the check wanted and found, and what lies under it. For the operator only. */
  readonly expected?: string | undefined
  readonly received?: string | undefined
  readonly cause?: unknown
}

export type Verdict = Passed | Refused
