/** What was asked of the nodes. */
export type Question = 'token' | 'introspect' | 'revoke' | 'administer'

/** One answer, or the want of one. Times are milliseconds that never jump. */
export type Answer = {
  readonly question: Question
  /** When it was asked, and how long the answer took. */
  readonly at: number
  readonly took: number
  /** 0: no answer, the connection broke. */
  readonly status: number
  /** Which node answered; empty: HAProxy itself, or nobody. */
  readonly node: string
  readonly error: string
}

/** What was acknowledged and what was answered: the measure of what must be there after a failure. */
export type Journal = {
  readonly answers: Answer[]
  /** `jti` of every token that reached its client. */
  readonly issued: Set<string>
  /** `jti` of every token whose revocation was acknowledged, and when. */
  readonly revoked: Map<string, { readonly at: number; readonly token: string }>
  /** Clients by id: whether they are enabled, as acknowledged last; undefined while an answer is outstanding or was lost. */
  readonly clients: Map<string, boolean | undefined>
  /** What was accepted though it was revoked or disabled before, and how long before, in milliseconds. */
  readonly stale: { readonly what: string; readonly at: number; readonly after: number }[]
}

export const createJournal = (): Journal => ({
  answers: [],
  issued: new Set(),
  revoked: new Map(),
  clients: new Map(),
  stale: [],
})

/** The value below which so many percent lie. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
}
