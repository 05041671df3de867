import { createUnderWay } from '../../lib/under-way.ts'
import { type AuditLoad, type AuditRow, StoreUnavailableError } from '../store.ts'

/** An audit event as the columns of its row: arrays cross to a thread, or to a server, for less than objects do. */
export type AuditColumns = readonly [
  time: number,
  type: string,
  workspace: string,
  client: string,
  reference: string | null,
  body: string,
]

/** A value that counts once, and until when it is kept, in epoch milliseconds. */
export type UseColumns = readonly [digest: string, expires: number]

export type AuditQueue = {
  /** Durable when it resolves. */
  readonly append: (event: AuditRow) => Promise<void>
  /** Takes a value that counts once; durable when it resolves, with whether this was the first time. */
  readonly use: (digest: string, expires: number) => Promise<boolean>
  readonly load: () => AuditLoad
  /** Resolves when nothing waits any more. */
  readonly drain: () => Promise<void>
}

/** Events, and values, that may wait for the commit before theirs; with more the store has fallen behind for good. */
export const maximumWaitingEvents = 20_000
/** How long a commit may take before we say that the store does not answer, in milliseconds. */
export const commitPatience = 5000

type Batch = {
  readonly rows: AuditColumns[]
  readonly uses: UseColumns[]
  readonly answered: PromiseWithResolvers<readonly boolean[]>
}

/** A batch on its way, and since when. */
type Commit = { readonly batch: Batch; readonly since: number }

const columns = (event: AuditRow): AuditColumns => [
  event.time,
  event.type,
  event.workspace,
  event.client,
  event.reference === '' ? null : event.reference,
  event.body,
]

const emptyBatch = (): Batch => {
  const answered = Promise.withResolvers<readonly boolean[]>()
  // Whoever appended sees the rejection; a batch that nobody waits for any more is not an error of the process.
  answered.promise.catch(() => {})
  return { rows: [], uses: [], answered }
}

/**
 * What token requests write: audit events, and values that count once. What arrives while a commit is on its way
 * travels together in the next one: the more requests, the fewer commits each pays for.
 */
export const createAuditQueue = ({
  send,
  lanes = 1,
  patience = commitPatience,
  capacity = maximumWaitingEvents,
}: {
  /** Commits rows and values; resolves when they are durable, with whether each value was taken for the first time. */
  readonly send: (rows: readonly AuditColumns[], uses: readonly UseColumns[]) => Promise<readonly boolean[]>
  /** Commits under way at a time: more than one where the way to the store is long. */
  readonly lanes?: number
  readonly patience?: number
  readonly capacity?: number
}): AuditQueue => {
  let next: Batch | undefined
  const underWay = createUnderWay<Commit>()
  let stalled = false
  let events = 0
  let commits = 0
  let commitSeconds = 0
  let failures = 0

  const flush = (): void => {
    if (underWay.all().length >= lanes || next === undefined) return
    const batch = next
    next = undefined
    const since = performance.now()
    const commit = { batch, since }
    underWay.begin(commit)
    const ended = (): void => {
      commitSeconds += (performance.now() - since) / 1000
      underWay.end(commit)
      stalled = false
      flush()
    }
    send(batch.rows, batch.uses).then(
      (first) => {
        commits += 1
        events += batch.rows.length
        batch.answered.resolve(first)
        ended()
      },
      (error: Error) => {
        failures += 1
        batch.answered.reject(error)
        ended()
      },
    )
  }

  const timer = setInterval(
    () => {
      const now = performance.now()
      const late = underWay.all().filter(({ since }) => now - since >= patience)
      if (late.length === 0) return
      const error = new StoreUnavailableError(`the store has not answered for ${patience} ms`)
      for (const { batch } of late) batch.answered.reject(error)
      if (late.length < lanes) return
      stalled = true
      next?.answered.reject(error)
      next = undefined
    },
    Math.max(10, patience / 5),
  )
  timer.unref()

  /** The batch that goes next. @throws StoreUnavailableError when nothing can be added to it */
  const filling = (): Batch => {
    if (stalled) throw new StoreUnavailableError('the store does not answer')
    if (next === undefined) {
      next = emptyBatch()
      if (underWay.all().length < lanes) setImmediate(flush)
    }
    if (next.rows.length + next.uses.length >= capacity) {
      throw new StoreUnavailableError(`${capacity} audit events and values wait for the store`)
    }
    return next
  }

  return {
    append: async (event) => {
      const { rows, answered } = filling()
      rows.push(columns(event))
      await answered.promise
    },
    use: async (digest, expires) => {
      const { uses, answered } = filling()
      // What a token says of its times may have a fraction (RFC 7519 §2); one that a column refuses would fail the whole batch.
      const place = uses.push([digest, Math.ceil(expires)]) - 1
      return (await answered.promise)[place] === true
    },
    load: () => ({
      queued: underWay.all().reduce((sum, { batch }) => sum + batch.rows.length, next?.rows.length ?? 0),
      events,
      commits,
      commitSeconds,
      failures,
    }),
    drain: async () => {
      const waiting = (): Batch | undefined => underWay.all()[0]?.batch ?? next
      for (let batch = waiting(); batch !== undefined; batch = waiting()) {
        await batch.answered.promise.catch(() => {})
        if (stalled) break
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      clearInterval(timer)
    },
  }
}
