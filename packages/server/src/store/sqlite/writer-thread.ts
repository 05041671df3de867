import { parentPort, workerData } from 'node:worker_threads'
import type { AuditColumns, UseColumns } from '../sql/audit-queue.ts'
import { openConnection } from './connection.ts'
import { isDamage } from './corruption.ts'
import type { WriterRequest, WriterResponse } from './messages.ts'

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
const insertUse = connection.prepare(
  'INSERT INTO used_value (digest, expires) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING',
)

const append = (rows: readonly AuditColumns[], uses: readonly UseColumns[]): readonly boolean[] => {
  begin.run()
  const first = uses.map((use) => insertUse.run(...use).changes === 1)
  for (const row of rows) insertAudit.run(...row)
  commit.run()
  return first
}

/** The query builder is loaded with the first write that needs it: a start that only serves tokens does not wait for it. */
const runWrite = async (name: string, args: readonly unknown[]): Promise<unknown> => {
  const { createWriteRunner } = await import('./write-runner.ts')
  return createWriteRunner(connection)(name, args)
}

const handle = async (request: WriterRequest): Promise<unknown> => {
  if (request.kind === 'append') return append(request.rows, request.uses)
  if (request.kind === 'write') return runWrite(request.name, request.args)
  try {
    connection.exec('PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // What is committed is in the log, and the next start finds it there.
  }
  connection.close()
  return undefined
}

const answer = async (request: WriterRequest): Promise<WriterResponse> => {
  try {
    return { id: request.id, outcome: 'done', result: await handle(request) }
  } catch (error) {
    // A transaction that cannot be rolled back ends this thread, and with it the connection: the next one begins clean.
    if (connection.isOpen && connection.isTransaction) rollback.run()
    const message = error instanceof Error ? error.message : String(error)
    return { id: request.id, outcome: 'failed', message, damaged: isDamage(error) }
  }
}

/** One after the other: a transaction is never entered by the next request. */
let last: Promise<void> = Promise.resolve()
port.on('message', (request: WriterRequest) => {
  last = last.then(async () => {
    port.postMessage(await answer(request))
    if (request.kind === 'close') port.close()
  })
})
