import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join, resolve } from 'node:path'
import { sharedTokenCache } from '../cache/shared-token-cache.ts'
import type { StoredToken, TokenStore } from '../cache/token-store.ts'
import type { Secret } from '../credential.ts'
import type { TokenCache } from '../token-cache.ts'
import { absent, withFileLock } from './file-lock.ts'
import { isPrivate, privateDirectory } from './private-directory.ts'

export interface FileTokenCacheOptions {
  /** A directory of its own, of this user and with mode 0700; made when it is not there. */
  readonly directory: string
  /** What files are sealed with instead of the client's credential, for credentials that have nothing to derive a key from. */
  readonly key?: Secret | undefined
}

const maximumBytes = 4_194_304
/** A file begins with a mark and the seconds the machine had been up: a clock that is neither set nor stands still. */
const mark = Buffer.from('MMTC1\n')
const headLength = mark.length + 8
/** Milliseconds after which what a killed process left behind is taken away. */
const leftBehindAfter = 3_600_000

/**
 * Shares tokens with the other processes of this user on this machine. Files are private to the user, replaced as a
 * whole, and sealed; one that is not private, or not ours, or damaged counts as absent.
 * Using it throws TokenError `cache_unsafe` when the directory is not private.
 */
export function fileTokenCache(options: FileTokenCacheOptions): TokenCache {
  return sharedTokenCache(fileTokenStore(options))
}

/** The files behind {@link fileTokenCache}. */
export function fileTokenStore({ directory, key }: FileTokenCacheOptions): TokenStore {
  const root = resolve(directory)
  const pathOf = (name: string, kind: string) => join(root, `${name}.${kind}`)
  return Object.freeze({
    ...(key === undefined ? {} : { sealingSecret: key }),
    read: async (name: string) => {
      await privateDirectory(root)
      return readToken(pathOf(name, 'token'))
    },
    write: async (name: string, content: Uint8Array, lifetime: number) => {
      await privateDirectory(root)
      await writeToken(pathOf(name, 'token'), content, lifetime)
      await tidy(root)
    },
    exclusively: async (name: string, work: () => Promise<void>, patience: number) => {
      await privateDirectory(root)
      await withFileLock(pathOf(name, 'lock'), work, { patience })
    },
  })
}

async function readToken(path: string): Promise<StoredToken | undefined> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const found = await file.stat()
    if (!found.isFile() || !isPrivate(found) || found.size > maximumBytes) return undefined
    const bytes = await file.readFile()
    if (bytes.length < headLength || !bytes.subarray(0, mark.length).equals(mark)) return undefined
    // Never more than the true age: after a restart of the machine it is less, or negative.
    const age = Math.max(0, (uptime() - bytes.readDoubleBE(mark.length)) * 1_000)
    return { content: new Uint8Array(bytes.subarray(headLength)), age: Number.isFinite(age) ? age : 0 }
  } finally {
    await file.close()
  }
}

async function writeToken(path: string, content: Uint8Array, lifetime: number): Promise<void> {
  const head = Buffer.alloc(headLength)
  mark.copy(head)
  head.writeDoubleBE(uptime(), mark.length)
  const temporary = `${path}.${randomUUID()}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(Buffer.concat([head, content]))
    // The time of the file is when it becomes useless, so that whoever tidies up need not open it.
    const end = new Date(Date.now() + lifetime * 1_000)
    await file.utimes(end, end)
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

async function tidy(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!/^[0-9a-f]{64}\.(?:token|lock)(?:\.[0-9a-f-]{36})?$/.test(name)) continue
    const path = join(root, name)
    const found = await lstat(path).catch(absent)
    if (found !== undefined && found.mtimeMs < Date.now() - leftBehindAfter) await unlink(path).catch(absent)
  }
}
