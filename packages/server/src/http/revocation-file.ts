import { readFileSync } from 'node:fs'
import { type RevocationList, readRevocationLists } from '../certificates/revocation-list.ts'
import { type Repetition, repeat } from '../lib/repeat.ts'
import { TlsError } from './tls.ts'

/** How often the file is looked at, in milliseconds. */
const renewalInterval = 60_000

/** The revocation lists of a file, kept as the file has them. */
export type RevocationFile = Repetition & { readonly lists: () => readonly RevocationList[] }

/** @throws TlsError when it is unreadable, or one of its lists is */
const read = (file: string): readonly RevocationList[] => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new TlsError(`the revocation list file ${file} cannot be read (${code})`)
  }
  const lists = readRevocationLists(text)
  if (lists === undefined) throw new TlsError(`${file} has something that is not a whole revocation list in PEM`)
  return lists
}

/**
 * Reads the revocation lists of a PEM file, now and every minute. A file that cannot be read later leaves the lists as they
 * were, which refuse when their time is over.
 * @param onFailure told of each failed reading but the first
 * @throws TlsError when the first reading fails
 */
export const createRevocationFile = (file: string, onFailure: (error: unknown) => void): RevocationFile => {
  let lists = read(file)
  const repetition = repeat(
    async () => {
      lists = read(file)
    },
    renewalInterval,
    onFailure,
  )
  return { ...repetition, lists: () => lists }
}
