import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { type Outcome, runCommand } from './run-command.ts'

const published = ['protocol', 'client', 'resource-server', 'gateway', 'server', 'cli', 'mintmark']

/**
 * Packs every published package as npm would publish it and asks publint and attw whether each import path leads to code and
 * to types. Reads `dist`, so the packages must have been built.
 */
export const checkExports = async (root: string): Promise<Outcome> => {
  const scratch = await mkdtemp(join(tmpdir(), 'mintmark-pack-'))
  try {
    const workspaces = published.flatMap((name) => ['--workspace', `packages/${name}`])
    const packed = await runCommand(root, 'npm', [
      'pack',
      '--ignore-scripts',
      '--silent',
      '--pack-destination',
      scratch,
      ...workspaces,
    ])
    if (!packed.ok) return packed
    const archives = await readdir(scratch)
    if (archives.length !== published.length) return { ok: false, detail: `packed only ${archives.join(', ')}` }
    const problems: string[] = []
    for (const name of published) problems.push(...(await problemsOf(root, name, scratch)))
    return { ok: problems.length === 0, detail: problems.join('\n') }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const problemsOf = async (root: string, name: string, scratch: string): Promise<string[]> => {
  const pkg = JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly exports?: object
  }
  const archive = join(scratch, `${pkg.name.replace('@', '').replace('/', '-')}-${pkg.version}.tgz`)
  const bytes = await readFile(archive)
  const { messages } = await publint({ strict: true, pack: { tarball: Uint8Array.from(bytes).buffer } })
  const problems = messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `${pkg.name}: ${formatMessage(message, pkg, { color: false })}`)
  if (pkg.exports === undefined) return problems
  // A program is started, not imported: it has no types.
  const programs = Object.keys(pkg.exports).filter((path) => path.startsWith('./bin/'))
  const types = await runCommand(root, 'attw', [
    archive,
    ...['--profile', 'esm-only', '--no-emoji', '--no-color'],
    ...(programs.length === 0 ? [] : ['--exclude-entrypoints', ...programs]),
  ])
  return types.ok ? problems : [...problems, `${pkg.name}: ${types.detail.trim()}`]
}
