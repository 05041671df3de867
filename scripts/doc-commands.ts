/**
 * Runs the command lines of the documentation, each page in a scratch clone of its own. How pages are written is explained in
 * CONTRIBUTING.md, "Documentation".
 *
 *   node scripts/doc-commands.ts             every page
 *   node scripts/doc-commands.ts docs/x.md   one page
 *   node scripts/doc-commands.ts --list      what would run, and what is shown without being run
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Page, parsePage } from './documentation/parse-page.ts'
import { runPage } from './documentation/run-page.ts'
import { makeScratchClone } from './documentation/scratch-clone.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The pages whose commands are run, as paths from the root of the repository. */
export const documentationPages = (): string[] =>
  globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'bench/*.md', 'packages/*/*.md'], {
    cwd: root,
    exclude: (name) => /(^|\/)node_modules$/.test(name),
  }).sort()

export const readPage = (path: string): Page => parsePage(readFileSync(join(root, path), 'utf8'))

/** Runs one page in a scratch clone; returns what went wrong as `path:line: sentence`. */
export const runDocumentationPage = async (path: string): Promise<string[]> => {
  const page = readPage(path)
  if (page.problems.length > 0 || page.commands.length === 0)
    return page.problems.map((problem) => `${path}:${problem}`)
  const installs = page.commands.some(({ text }) => /\bnpm (?:install|ci)\b/.test(text))
  const clone = makeScratchClone(root, { installs })
  try {
    return (await runPage(page, clone.folder, clone.number)).map((problem) => `${path}:${problem}`)
  } finally {
    await clone.remove()
  }
}

if (import.meta.main) {
  // An end by a signal would leave the databases of pages behind, which end with the process.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' } } })
  for (const path of positionals.length > 0 ? positionals : documentationPages()) {
    const page = readPage(path)
    if (values.list) {
      for (const { line, text } of page.commands) console.log(`${path}:${line}: ${text}`)
      for (const { line, reason } of page.notRun) console.log(`${path}:${line}: not run: ${reason}`)
      continue
    }
    const problems = await runDocumentationPage(path)
    console.log(
      problems.length === 0 ? `✔ ${path}  ${page.commands.length} commands` : `✖ ${path}\n${problems.join('\n')}`,
    )
    if (problems.length > 0) process.exitCode = 1
  }
}
