import { Worker } from 'node:worker_threads'
import { threadFile } from '../../lib/thread-file.ts'
import { createUnderWay } from '../../lib/under-way.ts'
import { createAuditQueue } from '../sql/audit-queue.ts'
import type { WriteArguments, WriteName, WriteResult } from '../sql/writes.ts'
import { type AuditLoad, type AuditRow, type SingleUseStore, StoreUnavailableError } from '../store.ts'
import type { WriterRequest, WriterResponse } from './messages.ts'

/** The writer thread as the main thread sees it. */
export type Writer = {
  readonly write: <N extends WriteName>(name: N, ...args: WriteArguments<N>) => Promise<WriteResult<N>>
  readonly appendAudit: (event: AuditRow) => Promise<void>
  /** Takes a value that counts once, in one commit with audit events. */
  readonly useOnce: SingleUseStore['use']
  readonly auditLoad: () => AuditLoad
  /** Refuses every write from now on, for this reason: nothing is written to a damaged database. */
  readonly refuse: (reason: string) => void
  /** @param beforeLast called when no write waits any more, before the writer's connection is closed */
  readonly close: (beforeLast?: () => void) => Promise<void>
}

type Waiting = { readonly id: number; readonly answered: PromiseWithResolvers<unknown> }

/** Writes that may wait for those before them. */
export const maximumWaitingWrites = 1000
/** The longest pause before a thread that keeps ending is started again, in milliseconds. */
const longestPause = 5000

/**
 * Starts the writer of a database file. A thread that ends by itself is started again: at once the first time, then after
 * pauses that grow while it ends without having answered. What it was doing is refused, and may have been done.
 * @param onDamage called when a write finds the database damaged
 */
export const startWriter = (
  file: string,
  {
    onDamage = () => {},
    thread = threadFile('writer-thread', import.meta.url),
  }: { readonly onDamage?: (reason: string) => void; readonly thread?: URL } = {},
): Writer => {
  const waiting = createUnderWay<Waiting>()
  let nextId = 1
  let worker: Worker | undefined
  let pause = 0
  let restart: NodeJS.Timeout | undefined
  let closed = false
  let refusal: string | undefined

  const lost = (ended: Worker, reason: string): void => {
    if (worker !== ended) return
    worker = undefined
    const error = new StoreUnavailableError(
      closed ? 'the store is closed' : `the writer ended (${reason}): what it was asked last may have been done or not`,
    )
    for (const entry of [...waiting.all()]) {
      waiting.end(entry)
      entry.answered.reject(error)
    }
    if (closed) return
    if (pause === 0) start()
    else {
      restart = setTimeout(start, pause)
      restart.unref()
    }
    pause = Math.min(Math.max(50, pause * 2), longestPause)
  }

  const start = (): void => {
    const started = new Worker(thread, {
      workerData: { file },
      name: 'mintmark-writer',
      // What it handles is short-lived and small: a larger nursery would only be memory that is touched in turn.
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    })
    worker = started
    started.on('error', (error: Error) => lost(started, error.message))
    started.on('exit', (code) => lost(started, `exit code ${code}`))
    started.on('message', (response: WriterResponse) => {
      pause = 0
      const entry = waiting.all().find(({ id }) => id === response.id)
      if (entry !== undefined) waiting.end(entry)
      if (response.outcome === 'done') entry?.answered.resolve(response.result)
      else {
        if (response.damaged) onDamage(response.message)
        entry?.answered.reject(new StoreUnavailableError(response.message))
      }
    })
  }

  const send = async (request: WriterRequest): Promise<unknown> => {
    if (closed && request.kind !== 'close') throw new StoreUnavailableError('the store is closed')
    if (refusal !== undefined && request.kind !== 'close') throw new StoreUnavailableError(refusal)
    if (worker === undefined) throw new StoreUnavailableError('the writer is being started again')
    if (waiting.all().length >= maximumWaitingWrites) {
      throw new StoreUnavailableError(`${maximumWaitingWrites} writes wait for the disk`)
    }
    worker.postMessage(request)
    const answered = Promise.withResolvers<unknown>()
    waiting.begin({ id: request.id, answered })
    return answered.promise
  }

  const audit = createAuditQueue({
    send: (rows, uses) => send({ id: nextId++, kind: 'append', rows, uses }) as Promise<readonly boolean[]>,
  })
  start()
  return {
    write: (name, ...args) => send({ id: nextId++, kind: 'write', name, args }) as Promise<WriteResult<typeof name>>,
    appendAudit: audit.append,
    useOnce: audit.use,
    auditLoad: audit.load,
    refuse: (reason) => {
      refusal = reason
    },
    close: async (beforeLast) => {
      if (closed) return
      await audit.drain()
      closed = true
      await Promise.allSettled(waiting.all().map(({ answered }) => answered.promise))
      beforeLast?.()
      clearTimeout(restart)
      if (worker !== undefined) await send({ id: nextId++, kind: 'close' }).catch(() => {})
      await worker?.terminate()
    },
  }
}
