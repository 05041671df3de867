import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('.', import.meta.url))

/** Every version of PostgreSQL that Mintmark is for. */
export const majors = [15, 16, 17, 18] as const

/** Installs what `package-lock.json` beside this file names, once. */
const install = async (): Promise<void> => {
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return
  // Not `npm ci`, which also wants the packages of every other platform in the lockfile.
  await run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

/** The folders of npm's packages of PostgreSQL by major version; undefined where there is none for this machine. */
export const installVersions = async (): Promise<ReadonlyMap<number, string | undefined>> => {
  await install()
  return new Map(
    majors.map((major) => {
      const root = join(folder, 'node_modules', `postgres-${major}-${process.platform}-${process.arch}`)
      return [major, existsSync(root) ? root : undefined]
    }),
  )
}
