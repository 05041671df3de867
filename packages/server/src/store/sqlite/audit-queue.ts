import { type AuditLoad, type AuditRow, StoreUnavailableError } from '../store.ts'
import type { AuditColumns, UseColumns } from './messages.ts'

export type AuditQueue = {
  /** Durable when it resolves. */
  readonly append: (event: AuditRow) => Promise<void>
  /** Takes a value that counts once; durable when it resolves, with whether this was the first time. */
  readonly use: (digest: string, expires: number) => Promise<boolean>
  readonly load: () => AuditLoad
  /** Resolves when nothing waits any more. */
  readonly drain: () => Promise<void>
}

/** Events, and values, that may wait for the commit before theirs; with more the disk has fallen behind for good. */
export const maximumWaitingEvents = 20_000
/** How long a commit may take before we say that the disk does not answer, in milliseconds. */
export const commitPatience = 5000

type Batch = {
  readonly rows: AuditColumns[]
  readonly uses: UseColumns[]
  readonly answered: PromiseWithResolvers<readonly boolean[]>
}

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
 * What token requests write: audit events, and values that count once. What arrives while a commit is on its way to the
 * disk travels together in the next one: the more requests, the fewer commits each pays for. One commit is under way at a
 * time.
 */
export const createAuditQueue = ({
  send,
  patience = commitPatience,
  capacity = maximumWaitingEvents,
}: {
  /** Commits rows and values; resolves when they are durable, with whether each value was taken for the first time. */
  readonly send: (rows: readonly AuditColumns[], uses: readonly UseColumns[]) => Promise<readonly boolean[]>
  readonly patience?: number
  readonly capacity?: number
}): AuditQueue => {
  let next: Batch | undefined
  let underWay: { readonly batch: Batch; readonly since: number } | undefined
  let stalled = false
  let events = 0
  let commits = 0
  let commitSeconds = 0
  let failures = 0

  const flush = (): void => {
    if (underWay !== undefined || next === undefined) return
    const batch = next
    next = undefined
    const since = performance.now()
    underWay = { batch, since }
    const ended = (): void => {
      commitSeconds += (performance.now() - since) / 1000
      underWay = undefined
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
      if (underWay === undefined || performance.now() - underWay.since < patience) return
      stalled = true
      const error = new StoreUnavailableError(`the disk has not answered for ${patience} ms`)
      underWay.batch.answered.reject(error)
      next?.answered.reject(error)
      next = undefined
    },
    Math.max(10, patience / 5),
  )
  timer.unref()

  /** The batch that goes next. @throws StoreUnavailableError when nothing can be added to it */
  const filling = (): Batch => {
    if (stalled) throw new StoreUnavailableError('the disk does not answer')
    if (next === undefined) {
      next = emptyBatch()
      if (underWay === undefined) setImmediate(flush)
    }
    if (next.rows.length + next.uses.length >= capacity) {
      throw new StoreUnavailableError(`${capacity} audit events and values wait for the disk`)
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
      const place = uses.push([digest, expires]) - 1
      return (await answered.promise)[place] === true
    },
    load: () => ({
      queued: (underWay?.batch.rows.length ?? 0) + (next?.rows.length ?? 0),
      events,
      commits,
      commitSeconds,
      failures,
    }),
    drain: async () => {
      for (let batch = underWay?.batch ?? next; batch !== undefined; batch = underWay?.batch ?? next) {
        await batch.answered.promise.catch(() => {})
        if (stalled) break
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      clearInterval(timer)
    },
  }
}
