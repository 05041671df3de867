import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Removes the clones of runs that were killed: a clone is named after the process that made it. */
const removeAbandoned = (clones: string): void => {
  for (const name of readdirSync(clones)) {
    const maker = Number(/^clone-(\d+)-/.exec(name)?.[1])
    try {
      process.kill(maker, 0)
    } catch {
      rmSync(join(clones, name), { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

/**
 * A folder that looks like a fresh clone after `npm install`: every file that git knows or would add, and node_modules as hard
 * links. It lies inside the repository (ignored by git), because hard links need the same disk.
 */
export const makeScratchClone = (root: string): { readonly folder: string; readonly remove: () => void } => {
  const clones = join(root, '.docs-test')
  mkdirSync(clones, { recursive: true })
  removeAbandoned(clones)
  const folder = mkdtempSync(join(clones, `clone-${process.pid}-`))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\0').filter(Boolean)) {
    if (!existsSync(join(root, file))) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  execFileSync('cp', ['-al', join(root, 'node_modules'), join(folder, 'node_modules')])
  // npm overwrites its record of what is installed in place, which would reach the original through the link.
  for (const record of globSync('node_modules/{,node/node_modules/}.package-lock.json', { cwd: root })) {
    rmSync(join(folder, record))
    copyFileSync(join(root, record), join(folder, record))
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) }
}
