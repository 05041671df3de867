/** One audit event as stored: what is searched for in columns, the whole event as JSON. */
export type AuditRow = {
  readonly time: number
  readonly type: string
  readonly workspace: string
  readonly client: string
  /** Of a refusal; empty otherwise. */
  readonly reference: string
  readonly body: string
}

export type StoredAuditRow = AuditRow & { readonly sequence: number }

export type AuditFilter = {
  readonly workspace?: string | undefined
  readonly client?: string | undefined
  readonly reference?: string | undefined
  /** Types, or prefixes ending in a dot: `token.` */
  readonly types?: readonly string[] | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** What appending audit events costs, counted since the store was opened. */
export type AuditLoad = {
  /** Events that wait for a commit. */
  readonly queued: number
  readonly events: number
  readonly commits: number
  /** Time the commits took, from handing events over to knowing them durable, in seconds. */
  readonly commitSeconds: number
  readonly failures: number
}

export type AuditStore = {
  readonly load: () => AuditLoad
  /** Durable when it resolves; events of concurrent calls share one commit. */
  readonly append: (event: AuditRow) => Promise<void>
  /**
   * Appends events that waited somewhere else, each once however often it is tried: the store remembers of each spool how far it
   * is, in the same transaction.
   * @param spool a name that nothing else has
   * @param from the number of the first of these events among all of that spool
   * @returns up to which number they are there now: when it is beyond `from` already, nothing was appended
   */
  readonly deliver: (spool: string, from: number, events: readonly AuditRow[]) => Promise<number>
  /** Newest first, sequences below `before`; may return fewer than `limit` with a `next` to go on from. */
  readonly list: (
    filter: AuditFilter,
    before: number,
    limit: number,
  ) => Promise<{ readonly events: readonly StoredAuditRow[]; readonly next: number | undefined }>
  /** Oldest first, sequences above `after`: to follow. `position` is where to go on from, whether or not events fitted. */
  readonly follow: (
    filter: AuditFilter,
    after: number,
    limit: number,
  ) => Promise<{ readonly events: readonly StoredAuditRow[]; readonly position: number }>
  /** The sequence of the newest event, 0 when there is none. */
  readonly newest: () => Promise<number>
  /**
   * Forgets events older than `before`, about as many as `limit` at a time; returns how many went. Costs the same however
   * long the log is; events that a clock running ahead dated later stay until their time. A store that keeps events together
   * by their days, so that they go together, may keep them until all of those days are over.
   */
  readonly purge: (before: number, limit: number) => Promise<number>
}
