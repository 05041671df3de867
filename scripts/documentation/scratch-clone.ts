import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export type ScratchClone = {
  readonly folder: string
  /** From 1; no two clones that are there at the same time have the same. */
  readonly number: number
  readonly remove: () => Promise<void>
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Takes a folder for this process alone; one of a run that was killed is taken over. */
const claimFolder = (
  clones: string,
): { readonly folder: string; readonly number: number; readonly release: () => void } => {
  mkdirSync(clones, { recursive: true })
  for (let number = 1; ; number += 1) {
    const [folder, owner] = [join(clones, `clone-${number}`), join(clones, `clone-${number}.pid`)]
    if (existsSync(owner) && !isAlive(Number(readFileSync(owner, 'utf8')))) rmSync(owner, { force: true })
    try {
      writeFileSync(owner, String(process.pid), { flag: 'wx' })
    } catch {
      continue
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    return { folder, number, release: () => rmSync(owner, { force: true }) }
  }
}

/** Every package as a link, and links into the repository as they are: those lead to the clone. */
const linkPackages = (from: string, to: string): void => {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [original, linked] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(original), linked)
    else if (entry.isFile()) copyFileSync(original, linked)
    else if (entry.name === '.bin' || entry.name.startsWith('@')) linkPackages(original, linked)
    else symlinkSync(original, linked)
  }
}

/** Every file of every package as a hard link, for npm, which takes a linked package for something else. */
const linkFiles = (from: string, to: string): void => {
  execFileSync('cp', ['-al', from, to])
  // npm overwrites its record of what is installed in place, which would reach the original through the link.
  for (const record of globSync('{,node/node_modules/}.package-lock.json', { cwd: from })) {
    rmSync(join(to, record))
    copyFileSync(join(from, record), join(to, record))
  }
}

/**
 * A folder that looks like a fresh clone after `npm install`: every file that git knows or would add, and node_modules as
 * links. It lies inside the repository (ignored by git), because hard links need the same disk. Folders are used again, so that what
 * Node keeps of compiled code, by path, is of use to the next page.
 * @param installs whether npm is going to install in it
 */
export const makeScratchClone = (root: string, { installs }: { readonly installs: boolean }): ScratchClone => {
  const { folder, number, release } = claimFolder(join(root, '.docs-test'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\0').filter(Boolean)) {
    if (!existsSync(join(root, file))) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  const link = installs ? linkFiles : linkPackages
  link(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    number,
    remove: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
      release()
    },
  }
}
