import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { holdLock } from '../hold-lock.ts'

const run = promisify(execFile)
const defaultCache = fileURLToPath(new URL('../../node_modules/.cache/mintmark-debian', import.meta.url))

/** What is wanted of Debian, and how to tell that it is there. */
export type DebianRequest = {
  /** Packages as apt names them. */
  readonly packages: readonly string[]
  /** The program's path in its package, without a leading slash: `usr/sbin/nginx`. */
  readonly program: string
  /** Further files that must be there, such as a program's modules: `usr/lib/apache2/modules/mod_oauth2.so`. */
  readonly files?: readonly string[]
}

export type DebianProgram = {
  /** Where to start the program from. */
  readonly path: string
  /** The folder that `usr/…` of the packages lies in: `/` when the machine has them installed. */
  readonly root: string
  /** What the program's environment needs besides the caller's; pass it to every start. */
  readonly environment: Readonly<Record<string, string>>
  /** For `test(name, { skip })`: why it cannot be had on this machine, or `false`. */
  readonly skip: string | false
}

type Places = {
  /** Folder of what was unpacked, kept between runs. */
  readonly cache: string
  /** Folder that installed packages are looked for in. */
  readonly installed: string
  /** Folders of programs, as in PATH. */
  readonly searchPath: string
}

const machine: Places = {
  cache: defaultCache,
  installed: '/',
  searchPath: [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
}

/**
 * A program from Debian for a test: the machine's own when it has one, else unpacked from packages that apt downloads, with the
 * libraries the machine lacks, into a folder of this repository that git ignores. Nothing is installed: no script of a package
 * runs, no service starts, and no rights are needed unless apt's lists are missing. Several processes may ask at once.
 * Where there is no apt the result says so in `skip`, and so does the output: never passed without having run.
 */
export const debianProgram = async (request: DebianRequest, places = machine): Promise<DebianProgram> => {
  const name = request.program.slice(request.program.lastIndexOf('/') + 1)
  const own = installedProgram(request, name, places)
  if (own !== undefined) return { path: own, root: places.installed, environment: {}, skip: false }
  try {
    const root = await unpackedPackages(request, places.cache)
    return { path: join(root, request.program), root, environment: libraryPath(root), skip: false }
  } catch (error) {
    const skip = `there is no ${name} on this machine, and apt gives none: ${firstLine(error)}`
    console.log(`NOT RUN: ${skip}`)
    return { path: name, root: places.installed, environment: {}, skip }
  }
}

const installedProgram = ({ files = [] }: DebianRequest, name: string, { installed, searchPath }: Places) => {
  if (!files.every((file) => existsSync(join(installed, file)))) return undefined
  const folder = searchPath.split(delimiter).find((each) => each !== '' && existsSync(join(each, name)))
  return folder === undefined ? undefined : join(folder, name)
}

const firstLine = (error: unknown) => {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr?.trim() || message).split('\n', 1)[0] ?? ''
}

/** Libraries lie in a folder for the machine's architecture and, rarely, in one below it. */
const libraryPath = (root: string) => {
  const folders = new Set(globSync(['lib/**/*.so.*', 'usr/lib/*/*.so.*'], { cwd: root }).map((file) => dirname(file)))
  const paths = [...folders].map((folder) => join(root, folder))
  return paths.length === 0
    ? {}
    : { LD_LIBRARY_PATH: [...paths, process.env.LD_LIBRARY_PATH ?? ''].filter(Boolean).join(':') }
}

/** The folder with the packages and what they need, made once for each request. */
const unpackedPackages = async ({ packages, program, files = [] }: DebianRequest, cache: string): Promise<string> => {
  if (!existsSync('/usr/bin/apt-get')) throw new Error('there is no apt-get')
  const digest = createHash('sha256')
    .update(JSON.stringify([packages, program, files]))
    .digest('hex')
    .slice(0, 12)
  const target = join(cache, `${packages[0]}-${digest}`)
  if (existsSync(target)) return target
  mkdirSync(cache, { recursive: true })
  const release = await holdLock(join(cache, 'lock'))
  try {
    // Whoever held the lock before us may have asked for the same.
    if (existsSync(target)) return target
    const partial = mkdtempSync(join(cache, 'partial-'))
    try {
      await download(packages, partial)
      const tree = join(partial, 'tree')
      for (const file of readdirSync(partial).filter((each) => each.endsWith('.deb'))) {
        await run('dpkg-deb', ['-x', join(partial, file), tree])
      }
      const absent = [program, ...files].find((file) => !existsSync(join(tree, file)))
      if (absent !== undefined) throw new Error(`${packages.join(', ')} have no ${absent}`)
      renameSync(tree, target)
      return target
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  } finally {
    release()
  }
}

/** Fetches the packages and every dependency the machine lacks; lists that are missing or too old are renewed once, by root. */
const download = async (packages: readonly string[], folder: string) => {
  const attempt = async () => {
    const plan = ['--simulate', '--reinstall', '--no-install-recommends', 'install', ...packages]
    const { stdout } = await run('apt-get', plan, { env: { ...process.env, LC_ALL: 'C' } })
    const needed = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)
    await run('apt-get', ['download', '--quiet', ...needed], { cwd: folder })
  }
  try {
    await attempt()
  } catch (error) {
    if (process.getuid?.() !== 0) throw error
    await run('apt-get', ['update', '--quiet'])
    await attempt()
  }
}
