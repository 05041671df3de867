import { existsSync } from 'node:fs'
import { failure, type Log } from '../lib/log.ts'
import { openSpoolFile, type SpoolFile } from '../store/spool/spool-file.ts'
import type { Store } from '../store/store.ts'
import { type AuditSpool, createAuditSpool } from './spool.ts'

/** What a process before left, and what of it is not in the store. */
const readLeft = async (file: SpoolFile, { audit }: Pick<Store, 'audit'>) => {
  const next = await audit.deliver(file.id(), file.first(), [])
  if (next < file.end()) return { file, next }
  // All of it, or more than there ever was: then it is a copy of an older state, and its numbers mean nothing any more.
  file.clear()
  return { file, next: file.end() }
}

/**
 * The spool of a data directory. What is in it from before is delivered; a file is made when it is needed.
 * @throws StoreOpenError when another process uses it, StoreUnavailableError when it cannot be read, or the store not be asked
 */
export const openAuditSpool = async (
  path: string,
  {
    store,
    room,
    limit,
    now,
    elapsed,
    log,
  }: {
    readonly store: Pick<Store, 'audit' | 'contact'>
    /** Bytes. */
    readonly room: number
    /** Milliseconds. */
    readonly limit: number
    readonly now: () => number
    readonly elapsed: () => number
    readonly log: Log
  },
): Promise<AuditSpool> => {
  const open = (): SpoolFile =>
    openSpoolFile(path, {
      limit: room,
      onRest: (kept) => log.error('the audit spool ended in what cannot be read; it was put aside', { kept }),
    })
  const file = existsSync(path) ? open() : undefined
  try {
    return createAuditSpool({
      audit: store.audit,
      contact: store.contact,
      open,
      left: file && (await readLeft(file, store)),
      room,
      limit,
      now,
      elapsed,
      onTrouble: (error) => log.error('audit events not delivered', failure(error)),
      onChange: (state, events) =>
        state === 'spooling'
          ? log.warn('the store takes no audit events: they are kept on this disk', { file: path })
          : log.info('the audit events kept on this disk were delivered', { events }),
    })
  } catch (error) {
    await file?.close()
    throw error
  }
}
