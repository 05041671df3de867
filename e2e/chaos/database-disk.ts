import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresServer } from '../../packages/server/test/postgres/postgres-server.ts'
import { until } from '../../packages/server/test/until.ts'

/** The disk of PostgreSQL, whose space a scenario takes away and gives back. */
export type DatabaseDisk = {
  /** How it is made: a file system of its own, or a limit of the server's processes. */
  readonly kind: string
  /** Leaves no room for anything that is not there already. */
  readonly fill: () => void
  readonly free: () => void
}

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })

const mebibyte = 2 ** 20

const empty = (directory: string): void => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true, force: true })
}

/** Puts the whole data directory, log and all, on a file system in memory that can be made as small as what is in it. */
const mount = (directory: string): DatabaseDisk & { readonly remove: () => void } => {
  const { uid, gid } = statSync(directory)
  const kept = mkdtempSync(`${directory}-kept-`)
  run('cp', '-a', `${directory}/.`, kept)
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=2g,mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', directory)
  } catch (error) {
    rmSync(kept, { recursive: true })
    throw error
  }
  run('cp', '-a', `${kept}/.`, directory)
  const used = (): number => {
    const { blocks, bfree, bsize } = statfsSync(directory)
    return (blocks - bfree) * bsize
  }
  const resize = (bytes: number): void => void run('mount', '-o', `remount,size=${bytes}`, directory)
  return {
    kind: 'a tmpfs with the whole data directory, cut to what is in it',
    fill: () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return resize(used())
        } catch (error) {
          // Something was written between the look and the cut.
          if (attempt === 20) throw error
        }
      }
    },
    free: () => resize(used() + 512 * mebibyte),
    remove: () => {
      empty(kept)
      run('cp', '-a', `${directory}/.`, kept)
      run('umount', directory)
      empty(directory)
      run('cp', '-a', `${kept}/.`, directory)
      rmSync(kept, { recursive: true })
    },
  }
}

/** PostgreSQL takes the signal of this limit for a full disk; nothing but the beginning of a file can be written. */
const limit = ({ directory, pid }: PostgresServer): DatabaseDisk => {
  // The owner of the processes may, and root not everywhere.
  const { uid, gid } = statSync(directory)
  const all = (size: string): void => {
    const server = pid()
    if (server === undefined) return
    const pids = [String(server), ...run('ps', '-o', 'pid=', '--ppid', String(server)).trim().split(/\s+/)]
    for (const each of pids) {
      const args = ['--pid', each, `--fsize=${size}:unlimited`]
      try {
        execFileSync('prlimit', args, { stdio: ['ignore', 'ignore', 'pipe'], uid, gid })
      } catch (error) {
        // One that has ended meanwhile takes no limit, and needs none.
        if (!String((error as { stderr?: Buffer }).stderr).includes('No such process')) throw error
      }
    }
  }
  return {
    kind: 'a limit on the size of files (prlimit), for want of the right to mount: the log of changes alone is full',
    fill: () => all('8192'),
    free: () => all('unlimited'),
  }
}

/** Starts PostgreSQL when it has ended, as an operator or a service manager does, and waits until it takes sessions. */
export const startAgain = (postgres: PostgresServer): Promise<number> =>
  until(
    'PostgreSQL takes sessions',
    async () => {
      if (postgres.pid() === undefined) await postgres.start()
      return postgres.query('postgres', 'SELECT 1').then(
        () => true,
        () => false,
      )
    },
    60_000,
  )

/** Restarts PostgreSQL on a disk that can be filled, acts, and restarts it where it was. `MINTMARK_SMALL_DISK=limited` mounts nothing. */
export const onSmallDisk = async (
  postgres: PostgresServer,
  act: (disk: DatabaseDisk) => Promise<void>,
): Promise<void> => {
  const mounted = async () => {
    if (process.env.MINTMARK_SMALL_DISK === 'limited') return undefined
    await postgres.query('postgres', 'CHECKPOINT')
    await postgres.stop()
    try {
      return mount(postgres.directory)
    } catch {
      return undefined
    } finally {
      await postgres.start()
    }
  }
  const disk = await mounted()
  try {
    await act(disk ?? limit(postgres))
  } finally {
    disk?.free()
    if (disk !== undefined) {
      await startAgain(postgres)
      await postgres.stop()
      disk.remove()
    }
    await startAgain(postgres)
  }
}
