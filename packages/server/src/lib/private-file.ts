import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * Makes a directory that only its owner may enter (0700), and those above it that are missing. One that is there stays as it
 * is. Step by step, because Node's own recursion never ends where a parent exists and refuses with ENOENT, as `/proc` does.
 * @throws Error of the file system, or when something else has the name
 */
export const makePrivateDirectory = (directory: string): void => {
  if (isDirectory(directory)) return
  const parent = dirname(directory)
  if (!existsSync(parent)) makePrivateDirectory(parent)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Another process may have been first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!isDirectory(directory))
      throw new Error('there is something of that name that is no directory', { cause: error })
  }
}

/** Writes a file whole or not at all; only its owner may read it (0600) unless another mode is given. */
export const writePrivateText = (file: string, content: string, mode = 0o600): void => {
  const partial = `${file}.partial`
  rmSync(partial, { force: true })
  const descriptor = openSync(partial, 'wx', mode)
  try {
    writeSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(partial, file)
}

/** Writes JSON to a file that only its owner may read, whole or not at all. */
export const writePrivateFile = (file: string, value: unknown): void =>
  writePrivateText(file, `${JSON.stringify(value, null, 2)}\n`)
