import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Where, when and of what a result was measured: figures without these say nothing. */
export type Circumstances = {
  readonly date: string
  readonly commit: string
  /** True when tracked files differed from the commit. */
  readonly modified: boolean
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryMegabytes: number
}

const git = (...parameters: readonly string[]): string => {
  try {
    const cwd = fileURLToPath(new URL('.', import.meta.url))
    return execFileSync('git', parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

/** Without git, or outside a repository, the commit is `unknown`. */
export const readCircumstances = (now: Date): Circumstances => ({
  date: now.toISOString(),
  commit: git('rev-parse', '--short=12', 'HEAD') || 'unknown',
  modified: git('status', '--porcelain', '--untracked-files=no') !== '',
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryMegabytes: Math.round(totalmem() / 1e6),
})
