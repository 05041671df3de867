import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { holdLock } from '../../hold-lock.ts'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../../node_modules/.cache/mintmark-python')

/** A tool from PyPI in a folder of its own, which git ignores. @returns runs it, and rejects when its exit code is not 0 */
export const pythonTool = async (
  name: string,
  version: string,
  command: string,
): Promise<(...args: readonly string[]) => Promise<string>> => {
  const folder = join(cache, `${name}-${version}`)
  mkdirSync(cache, { recursive: true })
  const release = await holdLock(join(cache, 'lock'))
  try {
    if (!existsSync(folder)) {
      const partial = `${folder}.${process.pid}`
      const options = ['--quiet', '--disable-pip-version-check', '--target', partial]
      try {
        await run('python3', ['-m', 'pip', 'install', ...options, `${name}==${version}`])
        renameSync(partial, folder)
      } finally {
        rmSync(partial, { recursive: true, force: true })
      }
    }
  } finally {
    release()
  }
  return async (...args) => {
    const { stdout, stderr } = await run(join(folder, 'bin', command), args, {
      env: { ...process.env, PYTHONPATH: folder },
    })
    return stdout + stderr
  }
}
