import { Worker } from 'node:worker_threads'
import type { WriteArguments, WriteName, WriteResult } from '../sql/writes.ts'
import { type AuditRow, StoreUnavailableError } from '../store.ts'
import type { AuditColumns, WriterRequest, WriterResponse } from './messages.ts'

/** The writer thread as the main thread sees it. */
export type Writer = {
  readonly write: <N extends WriteName>(name: N, ...args: WriteArguments<N>) => Promise<WriteResult<N>>
  readonly appendAudit: (event: AuditRow) => Promise<void>
  readonly close: () => Promise<void>
}

type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }

const columns = (event: AuditRow): AuditColumns => [
  event.time,
  event.type,
  event.workspace,
  event.client,
  event.reference === '' ? null : event.reference,
  event.body,
]

/**
 * Starts the writer of a database file.
 *
 * Audit events that arrive while a commit is on its way to the disk travel together in the next one: the more requests,
 * the fewer commits each pays for.
 */
export const startWriter = (file: string): Writer => {
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    workerData: { file },
    name: 'mintmark-writer',
  })
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  let failure: StoreUnavailableError | undefined

  const fail = (message: string): void => {
    failure = new StoreUnavailableError(message)
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  worker.on('error', (error: Error) => fail(`the writer stopped: ${error.message}`))
  worker.on('exit', () => fail('the store is closed'))
  worker.on('message', (response: WriterResponse) => {
    const entry = waiting.get(response.id)
    waiting.delete(response.id)
    if (response.outcome === 'done') entry?.resolve(response.result)
    else entry?.reject(new StoreUnavailableError(response.message))
  })

  const send = (request: WriterRequest): Promise<unknown> => {
    if (failure !== undefined) return Promise.reject(failure)
    const answered = new Promise<unknown>((resolve, reject) => waiting.set(request.id, { resolve, reject }))
    worker.postMessage(request)
    return answered
  }

  let rows: AuditColumns[] = []
  let batch: PromiseWithResolvers<void> | undefined
  let committing = false

  const flush = (): void => {
    const current = batch
    if (committing || current === undefined) return
    committing = true
    const sent = rows
    rows = []
    batch = undefined
    send({ id: nextId++, kind: 'audit', rows: sent }).then(
      () => {
        committing = false
        current.resolve()
        flush()
      },
      (error: Error) => {
        committing = false
        current.reject(error)
        flush()
      },
    )
  }

  return {
    write: (name, ...args) => send({ id: nextId++, kind: 'write', name, args }) as Promise<WriteResult<typeof name>>,
    appendAudit: (event) => {
      rows.push(columns(event))
      if (batch === undefined) {
        batch = Promise.withResolvers<void>()
        if (!committing) setImmediate(flush)
      }
      return batch.promise
    },
    close: async () => {
      if (failure === undefined) await send({ id: nextId++, kind: 'close' })
      await worker.terminate()
    },
  }
}
