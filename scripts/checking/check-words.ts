import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Outcome, runCommand } from './run-command.ts'

// Written in two halves, so that this file does not contain them.
const forbidden: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: new RegExp(`\\b(?:${'TO'}DO|${'FIX'}ME)\\b`), why: 'a note to oneself: do it, or write an issue' },
  { pattern: new RegExp(`\\.${'on'}ly\\(`), why: 'a test that silences all others' },
  {
    pattern: new RegExp(`\\b(?:test|it|describe|suite)\\.${'sk'}ip\\(`),
    why: 'a test switched off: give the condition as { skip: reason }, or skip in the test with the reason',
  },
  { pattern: new RegExp(`^\\s*${'debug'}ger\\b`), why: 'a breakpoint left behind' },
]
const texts = /\.(?:[cm]?[jt]sx?|json|md|ya?ml|sh|sql|css|html)$|^\.ci\//

/** Looks for words that must not be committed, in every text file that git knows or would add. */
export const checkWords = async (root: string): Promise<Outcome> => {
  const listed = await runCommand(root, 'git', ['ls-files', '--cached', '--others', '--exclude-standard'])
  if (!listed.ok) return listed
  const files = listed.detail.split('\n').filter((file) => texts.test(file) && file !== 'package-lock.json')
  const problems: string[] = []
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8').catch(() => '')
    problems.push(...wordProblems(text).map(({ line, why }) => `${file}:${line}: ${why}`))
  }
  return { ok: problems.length === 0, detail: problems.join('\n') }
}

/** The lines of a text that hold a forbidden word, and why it is forbidden. */
export const wordProblems = (text: string): { line: number; why: string }[] =>
  text
    .split('\n')
    .flatMap((content, index) =>
      forbidden.filter(({ pattern }) => pattern.test(content)).map(({ why }) => ({ line: index + 1, why })),
    )
