import { parentPort, workerData } from 'node:worker_threads'
import { openConnection } from './connection.ts'
import type { AuditColumns, WriterRequest, WriterResponse } from './messages.ts'

/** The one writer of the database, in a thread of its own: a commit waits for the disk, the event loop does not. */
if (parentPort === null) throw new Error('the writer runs in a worker thread')
const port = parentPort
const connection = openConnection((workerData as { readonly file: string }).file)

const begin = connection.prepare('BEGIN IMMEDIATE')
const commit = connection.prepare('COMMIT')
const rollback = connection.prepare('ROLLBACK')
const insertAudit = connection.prepare(
  'INSERT INTO audit_event (time, type, workspace, client, reference, body) VALUES (?, ?, ?, ?, ?, ?)',
)

const undo = (): void => {
  if (connection.isTransaction) rollback.run()
}

const appendAudit = (rows: readonly AuditColumns[]): void => {
  begin.run()
  try {
    for (const row of rows) insertAudit.run(...row)
    commit.run()
  } catch (error) {
    undo()
    throw error
  }
}

/** The query builder is loaded with the first write that needs it: a start that only serves tokens does not wait for it. */
const runWrite = async (name: string, args: readonly unknown[]): Promise<unknown> => {
  const { createWriteRunner } = await import('./write-runner.ts')
  return createWriteRunner(connection)(name, args)
}

const handle = async (request: WriterRequest): Promise<unknown> => {
  if (request.kind === 'audit') return appendAudit(request.rows)
  if (request.kind === 'write') return runWrite(request.name, request.args)
  connection.exec('PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)')
  connection.close()
  return undefined
}

/** One after the other: a transaction is never entered by the next request. */
let last: Promise<void> = Promise.resolve()
port.on('message', (request: WriterRequest) => {
  last = last.then(async () => {
    let response: WriterResponse
    try {
      response = { id: request.id, outcome: 'done', result: await handle(request) }
    } catch (error) {
      response = { id: request.id, outcome: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
    port.postMessage(response)
    if (request.kind === 'close') port.close()
  })
})
