import { dirname, resolve } from 'node:path'
import type { OptionSpecs, Surroundings } from '../command.ts'
import { readInput } from '../connection/read-file.ts'
import { usageFailure } from '../failure.ts'
import { type Intended, readDocuments } from './read-document.ts'

export const documentOptions = {
  file: {
    type: 'text',
    short: 'f',
    value: 'FILE',
    summary: 'The file, mintmark.yaml by custom; - reads it from stdin',
  },
  prune: { type: 'switch', summary: 'Delete what the file does not name' },
} as const satisfies OptionSpecs

/** What the file of `-f` describes. @throws CommandFailure usage without a file, failed or bad configuration */
export const readDocumentFile = async (
  file: string | undefined,
  { environment, cwd, stdin }: Pick<Surroundings, 'environment' | 'cwd' | 'stdin'>,
): Promise<readonly Intended[]> => {
  if (file === undefined) throw usageFailure('which file? Name it: -f mintmark.yaml')
  const directory = file === '-' ? cwd : dirname(resolve(cwd, file))
  return readDocuments(await readInput(file, cwd, stdin), { name: file, environment, directory })
}
