import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  openSync,
  readFileSync,
  write as writeAt,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { writePrivateText } from '../../lib/private-file.ts'
import { type FileLock, lockFile } from '../sqlite/lock.ts'
import { syncDirectory } from '../sqlite/sync-directory.ts'
import { type AuditRow, StoreUnavailableError } from '../store.ts'
import { readRow, readSpoolText, type SpoolText, writeHeader, writeRow } from './spool-format.ts'

const write = promisify(writeAt)
const truncate = promisify(ftruncate)
const synchronize = promisify(fdatasync)

/** Audit events that wait on the disk of this node, in the order in which they came. */
export type SpoolFile = {
  /** Names the spool in the store, so that it is known there what was delivered. */
  readonly id: () => string
  /** Durable when it resolves; concurrent calls share a write. @throws StoreUnavailableError when the disk does not take it */
  readonly append: (row: AuditRow) => Promise<void>
  /** The number of the first event that is in it, and of the next one that will be. */
  readonly first: () => number
  readonly end: () => number
  /** Events from the one of that number on, as many as `limit` at the most. */
  readonly read: (from: number, limit: number) => readonly AuditRow[]
  readonly bytes: () => number
  /** Removes everything that is in it, and begins another spool: nothing may be under way to it. */
  readonly clear: () => void
  readonly close: () => Promise<void>
}

type Waiting = { readonly line: string; readonly bytes: number; readonly done: PromiseWithResolvers<void> }

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const begin = (file: string, id: string): void => {
  writePrivateText(file, writeHeader(id, 0))
  syncDirectory(dirname(file))
}

/** Appends to an open file that ends with what `text` says; lines are kept in memory too, which the limit bounds. */
const appender = (file: string, first: number, lock: FileLock, text: SpoolText, limit: number): SpoolFile => {
  let descriptor = first
  let id = text.id
  let from = text.from
  let lines: string[] = [...text.lines]
  let size = text.bytes
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined
  let broken: string | undefined

  const append = async (batch: readonly Waiting[]): Promise<void> => {
    const bytes = Buffer.from(batch.map(({ line }) => line).join(''))
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await write(descriptor, bytes, done, bytes.length - done, size + done)).bytesWritten
      }
    } catch (error) {
      // Nobody was told of the part that was written.
      await truncate(descriptor, size).catch((cause: unknown) => {
        broken = reasonOf(cause)
      })
      throw error
    }
    try {
      await synchronize(descriptor)
    } catch (error) {
      // From then on nobody knows what the disk has of this file.
      broken = reasonOf(error)
      throw error
    }
    size += bytes.length
    for (const { line } of batch) lines.push(line)
  }

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await append(batch)
        for (const { done } of batch) done.resolve()
      } catch (cause) {
        const error = new StoreUnavailableError(`the spool cannot be written: ${reasonOf(cause)}`, { cause })
        for (const { done } of batch) done.reject(error)
      }
      for (const { bytes } of batch) waitingBytes -= bytes
    }
    // In the same breath as the look that found nothing: what comes next begins anew.
    writing = undefined
  }

  return {
    id: () => id,
    append: async (row) => {
      if (broken !== undefined) throw new StoreUnavailableError(`the spool is not written any more: ${broken}`)
      const line = writeRow(row)
      const bytes = Buffer.byteLength(line)
      if (size + waitingBytes + bytes > limit) throw new StoreUnavailableError(`the spool is full: ${limit} bytes`)
      const done = Promise.withResolvers<void>()
      waiting.push({ line, bytes, done })
      waitingBytes += bytes
      writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(flush)
      await done.promise
    },
    first: () => from,
    end: () => from + lines.length,
    read: (number, most) => {
      const index = Math.max(0, number - from)
      return lines.slice(index, index + most).map(readRow)
    },
    bytes: () => size + waitingBytes,
    clear: () => {
      const fresh = randomUUID()
      begin(file, fresh)
      const opened = openSync(file, 'r+')
      closeSync(descriptor)
      descriptor = opened
      id = fresh
      from = 0
      lines = []
      size = Buffer.byteLength(writeHeader(fresh, 0))
      broken = undefined
    },
    close: async () => {
      await writing
      closeSync(descriptor)
      lock.release()
    },
  }
}

/**
 * Opens the spool, making it where there is none. What cannot be read at its end was half written when the process died, and
 * nobody was told of it; it is put aside all the same.
 * @param limit bytes it may take
 * @param onRest told where that was put
 * @throws StoreOpenError when another process uses it, StoreUnavailableError when the disk does not take it
 */
export const openSpoolFile = (
  file: string,
  { limit, onRest }: { readonly limit: number; readonly onRest: (kept: string) => void },
): SpoolFile => {
  const lock = lockFile(file)
  let descriptor: number | undefined
  try {
    if (!existsSync(file)) begin(file, randomUUID())
    const text = readSpoolText(readFileSync(file, 'utf8'))
    descriptor = openSync(file, 'r+')
    if (text.rest !== '') {
      const kept = `${file}.rest-${randomUUID()}`
      writePrivateText(kept, text.rest)
      ftruncateSync(descriptor, text.bytes)
      fsyncSync(descriptor)
      onRest(kept)
    }
    return appender(file, descriptor, lock, text, limit)
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor)
    lock.release()
    throw new StoreUnavailableError(`the spool ${file} cannot be opened: ${reasonOf(cause)}`, { cause })
  }
}
