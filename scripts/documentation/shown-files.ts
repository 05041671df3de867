import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A comment with the path of a file, and the block after it that shows the file. */
const shown = /(<!-- file: (\S+) -->\n)(`{3,})(\w*)\n[\s\S]*?^\3$/gm

/** A page whose blocks after `<!-- file: PATH -->` hold these files as they are now. */
export async function pageWithFiles(path: string): Promise<string> {
  const page = await readFile(join(root, path), 'utf8')
  const files = new Map<string, string>()
  for (const [, , file = ''] of page.matchAll(shown)) files.set(file, await readFile(join(root, file), 'utf8'))
  return withFiles(page, files)
}

/** The same of text that was read: files by their paths. */
export const withFiles = (page: string, files: ReadonlyMap<string, string>): string =>
  page.replace(
    shown,
    (_, comment: string, file: string, fence: string, language: string) =>
      `${comment}${fence}${language}\n${(files.get(file) ?? '').trimEnd()}\n${fence}`,
  )
