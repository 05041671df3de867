import { constants } from 'node:fs'
import { type FileHandle, open, opendir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemErrorCode } from '../connection/read-file.ts'
import { createCredentialFinder, type Finding } from './find-credentials.ts'

/** What a scan tells, as it goes. */
export type ScanReport = {
  readonly found: (finding: Finding & { readonly path: string }) => void
  /** A file that was not looked through, and why. */
  readonly unread: (path: string, reason: string) => void
  /** A file that was, with its length in bytes. */
  readonly read: (bytes: number) => void
}

/** Looks through a stream. `path` is the name findings get. @throws what the stream throws */
export const scanStream = async (path: string, stream: AsyncIterable<unknown>, report: ScanReport): Promise<void> => {
  const finder = createCredentialFinder()
  let length = 0
  for await (const piece of stream) {
    const bytes = Buffer.from(piece as Uint8Array)
    length += bytes.length
    for (const finding of finder.push(bytes)) report.found({ path, ...finding })
  }
  for (const finding of finder.end()) report.found({ path, ...finding })
  report.read(length)
}

const reasonOf = (error: unknown): string => systemErrorCode(error) || 'it failed'

const scanFile = async (path: string, cwd: string, flags: number, report: ScanReport): Promise<void> => {
  let file: FileHandle | undefined
  try {
    file = await open(resolve(cwd, path), constants.O_RDONLY | flags)
    await scanStream(path, file.createReadStream({ autoClose: false }), report)
  } catch (error) {
    report.unread(path, reasonOf(error))
  } finally {
    await file?.close()
  }
}

/** Everything below a folder but `.git`. Links are not followed; devices, sockets and pipes are no files. */
const scanFolder = async (path: string, cwd: string, report: ScanReport): Promise<void> => {
  try {
    for await (const entry of await opendir(resolve(cwd, path))) {
      const below = join(path, entry.name)
      if (entry.isDirectory() && entry.name !== '.git') await scanFolder(below, cwd, report)
      // Windows has no O_NOFOLLOW: there it counts as 0.
      else if (entry.isFile()) await scanFile(below, cwd, constants.O_NOFOLLOW, report)
    }
  } catch (error) {
    report.unread(path, reasonOf(error))
  }
}

/** Looks through a file, a named pipe, or a folder with all below it. Never throws. @param path relative to `cwd` */
export const scanPath = async (path: string, cwd: string, report: ScanReport): Promise<void> => {
  try {
    const status = await stat(resolve(cwd, path))
    if (status.isDirectory()) await scanFolder(path, cwd, report)
    else if (status.isFile() || status.isFIFO()) await scanFile(path, cwd, 0, report)
    else report.unread(path, 'it is neither a file nor a folder')
  } catch (error) {
    report.unread(path, reasonOf(error))
  }
}
