import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { holdLock } from '../../hold-lock.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('.', import.meta.url))
const modules = join(folder, 'node_modules')

/** Installs what `package-lock.json` beside this file names, once; several processes may ask at once. */
const install = async (): Promise<void> => {
  mkdirSync(modules, { recursive: true })
  const release = await holdLock(join(modules, '.lock'))
  try {
    if (existsSync(join(modules, '.package-lock.json'))) return
    // Not `npm ci`, which also wants the packages of every other platform in the lockfile.
    await run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '' },
    })
  } finally {
    release()
  }
}

/** The folder of npm's package of a major version of PostgreSQL; undefined where there is none for this machine. */
export const installedVersion = async (major: number): Promise<string | undefined> => {
  await install()
  const root = join(modules, `postgres-${major}-${process.platform}-${process.arch}`)
  return existsSync(root) ? root : undefined
}
