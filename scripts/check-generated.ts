/**
 * Compares the generated files of `generated.ts` with what their generators make now.
 *
 *   node --conditions=mintmark-source scripts/check-generated.ts            says which differ, and fails
 *   node --conditions=mintmark-source scripts/check-generated.ts --write    writes them (npm run generate)
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type GeneratedFile, generatedFiles } from './generated.ts'

/** The generated files below `root` that are missing or stale, as sentences; with `write` they are brought up to date. */
export const checkGenerated = async (
  root: string,
  files: readonly GeneratedFile[],
  write: boolean,
): Promise<string[]> => {
  const found: string[] = []
  for (const { path, generate } of files) {
    const expected = await generate()
    const actual = await readFile(join(root, path), 'utf8').catch(() => undefined)
    if (actual === expected) continue
    if (write) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), expected)
    }
    found.push(write ? `${path}: written` : `${path}: ${firstDifference(actual, expected)}; run "npm run generate"`)
  }
  return found
}

const firstDifference = (actual: string | undefined, expected: string): string => {
  if (actual === undefined) return 'is missing'
  const [is, shouldBe] = [actual.split('\n'), expected.split('\n')]
  const line = shouldBe.findIndex((text, index) => text !== is[index])
  return `differs from line ${line === -1 ? shouldBe.length : line + 1}`
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
  const found = await checkGenerated(fileURLToPath(new URL('..', import.meta.url)), generatedFiles, values.write)
  for (const sentence of found) console.log(sentence)
  if (found.length === 0) console.log('generated files: up to date')
  process.exitCode = values.write || found.length === 0 ? 0 : 1
}
