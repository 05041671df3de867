import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SmallDisk } from './small-disk.ts'

const mark = (sign: '+' | '-', paths: readonly string[]): void => {
  execFileSync('chattr', [`${sign}i`, ...paths], { stdio: 'ignore' })
}

/** Whether this user, on this file system, may make a file that nobody may write, however long they have had it open. */
export const canForbidWriting = (): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-immutable-'))
  const file = join(directory, 'file')
  writeFileSync(file, '')
  try {
    mark('+', [file])
    mark('-', [file])
    return true
  } catch {
    return false
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A data directory in which, from one moment to another, nothing can be written: not even by root, not by open files. */
export const createUnwritableFiles = (directory: string): SmallDisk => {
  const paths = (): readonly string[] => [
    directory,
    ...readdirSync(directory)
      .filter((name) => name.startsWith('mintmark.sqlite'))
      .map((name) => join(directory, name)),
  ]
  const free = (): void => mark('-', paths())
  return { kind: 'immutable files', fill: () => mark('+', paths()), free, remove: free }
}
