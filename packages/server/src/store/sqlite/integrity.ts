import { execFile } from 'node:child_process'
import { setPriority } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { threadFile } from '../../lib/thread-file.ts'

/**
 * Reads every page of a database and compares its structure (`PRAGMA quick_check`): as fast as the disk is read.
 * @returns what is wrong first, in one line, or undefined when it is sound
 */
export const findDamage = (connection: DatabaseSync): string | undefined => {
  const result = String(connection.prepare('PRAGMA quick_check(1)').get()?.quick_check ?? 'no answer')
  return result === 'ok' ? undefined : result.replaceAll(/\s+/g, ' ').trim()
}

/** Exit code of the checking process when it found damage. */
export const damagedExitCode = 3

/**
 * Checks a database in a process of its own, at the lowest priority: the server goes on, a check can be ended at any time,
 * and a file that makes SQLite itself crash ends that process only.
 * @param delay milliseconds from now
 * @param found called with what is wrong, and not at all for a sound database
 * @param done called when the check has ended
 * @returns ends the check
 */
export const checkInBackground = (
  file: string,
  delay: number,
  found: (damage: string) => void,
  done: () => void = () => {},
): (() => void) => {
  let ended = false
  let child: ReturnType<typeof execFile> | undefined
  const timer = setTimeout(() => {
    const script = fileURLToPath(threadFile('integrity-process', import.meta.url))
    child = execFile(process.execPath, [script, file], { env: { NODE_NO_WARNINGS: '1' } }, (error, stdout) => {
      if (!ended && error?.code === damagedExitCode) found(stdout.trim())
      done()
    })
    child.unref()
    try {
      if (child.pid !== undefined) setPriority(child.pid, 19)
    } catch {
      // It ended already, or priorities are not ours to change: the check goes on as it is.
    }
  }, delay)
  timer.unref()
  return () => {
    ended = true
    clearTimeout(timer)
    child?.kill('SIGKILL')
  }
}
