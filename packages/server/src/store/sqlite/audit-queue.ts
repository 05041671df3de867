import { type AuditLoad, type AuditRow, StoreUnavailableError } from '../store.ts'
import type { AuditColumns } from './messages.ts'

export type AuditQueue = {
  /** Durable when it resolves. */
  readonly append: (event: AuditRow) => Promise<void>
  readonly load: () => AuditLoad
  /** Resolves when nothing waits any more. */
  readonly drain: () => Promise<void>
}

/** Events that may wait for the commit before theirs; with more the disk has fallen behind for good. */
export const maximumWaitingEvents = 20_000
/** How long a commit may take before we say that the disk does not answer, in milliseconds. */
export const commitPatience = 5000

type Batch = { readonly rows: AuditColumns[]; readonly answered: PromiseWithResolvers<void> }

const columns = (event: AuditRow): AuditColumns => [
  event.time,
  event.type,
  event.workspace,
  event.client,
  event.reference === '' ? null : event.reference,
  event.body,
]

const emptyBatch = (): Batch => {
  const answered = Promise.withResolvers<void>()
  // Whoever appended sees the rejection; a batch that nobody waits for any more is not an error of the process.
  answered.promise.catch(() => {})
  return { rows: [], answered }
}

/**
 * Events that arrive while a commit is on its way to the disk travel together in the next one: the more requests, the fewer
 * commits each pays for. One commit is under way at a time.
 */
export const createAuditQueue = ({
  send,
  patience = commitPatience,
  capacity = maximumWaitingEvents,
}: {
  /** Commits rows; resolves when they are durable. */
  readonly send: (rows: readonly AuditColumns[]) => Promise<unknown>
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
    send(batch.rows).then(
      () => {
        commits += 1
        events += batch.rows.length
        batch.answered.resolve()
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

  return {
    append: (event) => {
      if (stalled) return Promise.reject(new StoreUnavailableError('the disk does not answer'))
      if (next === undefined) {
        next = emptyBatch()
        if (underWay === undefined) setImmediate(flush)
      }
      if (next.rows.length >= capacity) {
        return Promise.reject(new StoreUnavailableError(`${capacity} audit events wait for the disk`))
      }
      next.rows.push(columns(event))
      return next.answered.promise
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
