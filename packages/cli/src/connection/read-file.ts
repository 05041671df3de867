import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { exitCode } from '../exit-code.ts'
import { CommandFailure, failed } from '../failure.ts'

/** Nothing the command line reads is larger: 16 MiB. */
const largest = 16 * 1024 * 1024

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
}

export const systemErrorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const decode = (bytes: Uint8Array, name: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw failed(`${name} is not text in UTF-8`)
  }
}

/**
 * A whole text file.
 * @param path relative to `cwd`
 * @throws CommandFailure failed, naming the file and the reason
 */
export const readTextFile = (path: string, cwd: string): string => {
  const file = resolve(cwd, path)
  try {
    if (statSync(file).size > largest) throw failed(`cannot read ${path}: it is larger than 16 MiB`)
    return decode(readFileSync(file), path)
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    const code = systemErrorCode(error)
    throw new CommandFailure(exitCode.failed, `cannot read ${path}: ${reasons[code] ?? (code || 'it failed')}`)
  }
}

/** Everything on stdin. @throws CommandFailure failed when it is larger than 16 MiB or no text */
export const readStdin = async (stdin: Readable): Promise<string> => {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stdin) {
    const bytes = Buffer.from(piece)
    length += bytes.length
    if (length > largest) throw failed('stdin holds more than 16 MiB')
    pieces.push(bytes)
  }
  return decode(Buffer.concat(pieces), 'stdin')
}

/** A file, or stdin for `-`. */
export const readInput = (path: string, cwd: string, stdin: Readable): Promise<string> =>
  path === '-' ? readStdin(stdin) : Promise.resolve(readTextFile(path, cwd))

/** A secret as files hold it: one line, whose end is not part of it. */
export const firstLine = (text: string): string => text.replace(/\r?\n$/, '')
