import { lstat, mkdir } from 'node:fs/promises'
import { TokenError } from '../errors.ts'

/** Undefined where the system has no users, as on Windows: there the profile's permissions have to do. */
const user = (): number | undefined => process.getuid?.()

interface Owned {
  readonly uid: number
  readonly mode: number
}

/** Whether a file or directory is this user's, and nobody else may do anything with it. */
export const isPrivate = ({ uid, mode }: Owned): boolean =>
  user() === undefined || (uid === user() && (mode & 0o077) === 0)

/**
 * Makes the directory, with mode 0700, if it is not there.
 * @throws TokenError `cache_unsafe` when it is a link, not a directory, somebody else's, or open to others
 */
export async function privateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const found = await lstat(path)
  const wrong = (what: string) => new TokenError('cache_unsafe', `The directory of the token cache ${what}: ${path}`)
  if (found.isSymbolicLink()) throw wrong('is a link')
  if (!found.isDirectory()) throw wrong('is not a directory')
  if (isPrivate(found)) return
  throw wrong(found.uid === user() ? 'is open to others; its mode must be 0700' : 'belongs to another user')
}
