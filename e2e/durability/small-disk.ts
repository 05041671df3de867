import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A place whose space a test can take away and give back. */
export type SmallDisk = {
  /** How it is made: a file system of its own, or a limit of the process. */
  readonly kind: string
  /** Leaves nothing for the server to write to. */
  readonly fill: (serverPid: number) => void
  readonly free: (serverPid: number) => void
  readonly remove: () => void
}

/** A file system of 8 MiB in memory, where we may mount one. */
const mounted = (directory: string): SmallDisk | undefined => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const filler = join(directory, 'filler')
  return {
    kind: 'a tmpfs of 8 MiB, filled to the last byte',
    fill: () => {
      for (const size of [65_536, 4096, 1]) {
        for (;;) {
          try {
            writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
          } catch {
            break
          }
        }
      }
    },
    free: () => rmSync(filler, { force: true }),
    remove: () => {
      execFileSync('umount', ['--lazy', directory], { stdio: 'ignore' })
    },
  }
}

/** A limit on the size of the files the process writes: no file grows beyond what the largest is now. */
const limited = (directory: string): SmallDisk => ({
  kind: 'a limit on the size of files (prlimit), for want of the right to mount',
  fill: (pid) => {
    const largest = Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).size))
    // The log is written from its beginning after a checkpoint: below its own size nothing fits.
    const log = statSync(join(directory, 'mintmark.sqlite-wal'), { throwIfNoEntry: false })?.size ?? largest
    execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${Math.min(largest, log)}:unlimited`])
  },
  free: (pid) => void execFileSync('prlimit', ['--pid', `${pid}`, '--fsize=unlimited']),
  remove: () => {},
})

/** The first of both that works here; `MINTMARK_SMALL_DISK=limited` takes the second. */
export const createSmallDisk = (directory: string): SmallDisk =>
  (process.env.MINTMARK_SMALL_DISK === 'limited' ? undefined : mounted(directory)) ?? limited(directory)
