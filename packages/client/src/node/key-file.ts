import { randomUUID } from 'node:crypto'
import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { TokenError } from '../errors.ts'
import type { KeyStorage, RollingJwk } from '../key-rollover/key-storage.ts'
import { isPrivate } from './private-directory.ts'

/**
 * Keeps a client's key in a file as JWK, with mode 0600, as `mintmark client-key generate` writes it. The next key is in a
 * file beside it, whose name says which key it follows, until the server has taken it; then it replaces the file at once.
 * Every step is durable before the next one. Several processes of one machine may share the file.
 *
 * The directory must outlast the machine's restarts. A file that is restored from a backup may hold a key that was rolled over
 * since, which looks like a copied key.
 * @throws TokenError (of its functions) `secret_unavailable` when there is no such file, it is open to others, or holds no key
 */
export function keyFile(path: string): KeyStorage {
  const file = resolve(path)
  const directory = dirname(file)
  const prefix = `${basename(file)}.after-`
  const fileAfter = (thumbprint: string): string => join(directory, `${prefix}${thumbprint.slice(0, 22)}`)

  return {
    read: async () => {
      const kept = await readKey(file, path)
      if (kept === undefined) throw unavailable(path, 'is not there')
      return kept
    },
    readNext: async (thumbprint) => (await readKey(fileAfter(thumbprint), path))?.key,
    keepNext: async (thumbprint, next) => {
      const target = fileAfter(thumbprint)
      const written = await write(file, next)
      try {
        // Unlike to rename, to link fails where there is a file: of several processes one decides on the next key.
        await link(written, target)
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      } finally {
        await rm(written, { force: true })
      }
      await sync(directory)
      const kept = await readKey(target, path)
      if (kept === undefined) throw unavailable(path, 'was replaced meanwhile')
      return kept.key
    },
    promote: async (thumbprint, next) => {
      await rename(await write(file, next), file)
      await sync(directory)
      await removeLeftovers(directory, basename(file))
      // That of this very step stays: a process that was held up here finds its way by it.
      const others = (await readdir(directory)).filter((name) => name.startsWith(prefix))
      for (const name of others) {
        if (join(directory, name) !== fileAfter(thumbprint)) await rm(join(directory, name), { force: true })
      }
    },
    withdraw: (thumbprint) => rm(fileAfter(thumbprint), { force: true }),
  }
}

const unavailable = (path: string, what: string) =>
  new TokenError('secret_unavailable', `The file of the client key ${what}: ${path}`)

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

async function readKey(file: string, path: string) {
  let text: string
  let written: number
  try {
    const found = await stat(file)
    if (!isPrivate(found)) throw unavailable(path, 'must have mode 0600 and belong to this user')
    written = found.mtimeMs
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof TokenError) throw error
    if (codeOf(error) === 'ENOENT') return undefined
    throw unavailable(path, `cannot be read (${codeOf(error)})`)
  }
  const key = parse(text)
  if (key === undefined) throw unavailable(path, 'holds no private key as JWK')
  return { key, since: typeof key.created === 'number' ? key.created : Math.floor(written / 1_000) }
}

function parse(text: string): RollingJwk | undefined {
  try {
    const jwk: unknown = JSON.parse(text)
    return typeof jwk === 'object' && jwk !== null && 'd' in jwk ? (jwk as RollingJwk) : undefined
  } catch {
    return undefined
  }
}

/** Milliseconds after which a file that was being written belongs to nobody any more. */
const abandonedAfter = 3_600_000

/** Files that a process left behind as it ended while it wrote them: there are keys in them. */
async function removeLeftovers(directory: string, name: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.tmp')) continue
    const path = join(directory, entry)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < Date.now() - abandonedAfter) await rm(path, { force: true })
  }
}

/** A new file beside the other one, durable. */
async function write(beside: string, key: RollingJwk): Promise<string> {
  const path = `${beside}.${randomUUID()}.tmp`
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(key)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return path
}

/** Makes the names in a directory durable; Windows has no such thing and needs none. */
async function sync(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    if (process.platform !== 'win32') throw error
  }
}
