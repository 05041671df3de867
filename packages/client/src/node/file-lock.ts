import { randomUUID } from 'node:crypto'
import { type FileHandle, link, lstat, open, readFile, readlink, rename, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'

const firstPause = 10
const longestPause = 100
const heartbeat = 1_000

export interface FileLockOptions {
  /** Milliseconds after which the work is done without the lock. */
  readonly patience: number
  /** Milliseconds without a heartbeat after which a holder counts as dead. Default 5 000. */
  readonly deadAfter?: number | undefined
}

/**
 * Does the work while no other process holds the lock file; once the patience is over, all the same. The holder writes
 * into the file who it is and touches it every second. It counts as dead when its process is gone, or, where that
 * cannot be known, when the file was not touched for five seconds of watching it, which no clock that jumps can fake.
 */
export async function withFileLock(path: string, work: () => Promise<void>, options: FileLockOptions): Promise<void> {
  const lock = await acquire(path, options)
  if (lock === undefined) return work()
  const touch = setInterval(() => {
    const now = new Date()
    lock.utimes(now, now).catch(() => undefined)
  }, heartbeat)
  touch.unref()
  try {
    await work()
  } finally {
    clearInterval(touch)
    await release(path, lock)
  }
}

async function acquire(
  path: string,
  { patience, deadAfter = 5_000 }: FileLockOptions,
): Promise<FileHandle | undefined> {
  const start = performance.now()
  let seen: { readonly mark: string; readonly since: number } | undefined
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    const lock = await tryToLock(path)
    if (lock !== undefined) return lock
    const time = performance.now()
    if (time - start >= patience) return undefined
    const mark = await markOf(path)
    if (mark === undefined) continue
    if (seen?.mark !== mark) seen = { mark, since: time }
    if (time - seen.since >= deadAfter || (await isHolderGone(path))) {
      await breakLock(path, mark)
      seen = undefined
      continue
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
  }
}

async function tryToLock(path: string): Promise<FileHandle | undefined> {
  let lock: FileHandle
  try {
    lock = await open(path, 'wx', 0o600)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined
    throw error
  }
  try {
    await lock.write(JSON.stringify({ pid: process.pid, place: await place() }))
    return lock
  } catch (error) {
    await release(path, lock)
    throw error
  }
}

/** Which file it is, and when it was last touched; undefined when there is none. */
async function markOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(absent)
  return found && `${found.ino} ${found.mtimeMs}`
}

/** Process ids mean something on one machine only, and within one container. */
const place = async (): Promise<string> => `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`

async function isHolderGone(path: string): Promise<boolean> {
  let holder: { readonly pid?: unknown; readonly place?: unknown } | null
  try {
    holder = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    // Just made and not yet written, or gone.
    return false
  }
  if (typeof holder?.pid !== 'number' || !Number.isSafeInteger(holder.pid) || holder.pid <= 0) return false
  if (holder.place !== (await place())) return false
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return hasCode(error, 'ESRCH')
  }
}

/** Takes a dead holder's file away. Whoever else does so too may already have made a new one: that is put back. */
async function breakLock(path: string, mark: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    if ((await markOf(aside)) !== mark) await link(aside, path).catch(() => undefined)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    return
  }
  await unlink(aside).catch(absent)
}

/** The file may be another's by now, if we were slow enough to count as dead. */
async function release(path: string, lock: FileHandle): Promise<void> {
  try {
    const [ours, found] = [await lock.stat(), await lstat(path).catch(absent)]
    if (found?.ino === ours.ino) await unlink(path).catch(absent)
  } finally {
    await lock.close()
  }
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** For things that may be gone. */
export function absent(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
  return undefined
}
