import { OAuthError } from '@mintmark/protocol'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { FetchPublic } from '../lib/fetch-public.ts'
import { type ClientKey, readClientKey } from '../registry/client-key.ts'
import type { AssertionHeader } from './assertion.ts'

/** The key sets that clients publish (`jwks_uri`). */
export type KeySets = {
  /**
   * The keys of a set that an assertion may be signed by. A key that is not there yet is looked for anew, once in a while.
   * @throws OAuthError `temporarily_unavailable` when there is no set to be had
   */
  readonly find: (uri: string, header: AssertionHeader) => Promise<readonly ClientKey[]>
}

/** Milliseconds a set is used before it is fetched again: a removed key lives so long at the most. */
export const keySetFreshFor = 300_000
/** Milliseconds a set is used while it cannot be fetched. */
export const keySetStaleFor = 3_600_000
/** Milliseconds between two fetches of one set, whatever is asked. */
export const keySetCoolDown = 30_000
const maximumKeys = 50

type Known = { readonly keys: readonly ClientKey[]; readonly fetchedAt: number }
type Entry = { known: Known | undefined; triedAt: number; underWay: Promise<Known | undefined> | undefined }

const unavailable = (uri: string): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The keys of the client cannot be fetched at the moment.', {
    check: 'client-keys-available',
    expected: uri,
    headers: { 'retry-after': '30' },
  })

/**
 * @param elapsed milliseconds of a clock that never jumps
 * @param onTrouble told of each failed fetch
 */
export const createKeySets = ({
  fetchPublic,
  elapsed,
  onTrouble,
}: {
  readonly fetchPublic: FetchPublic
  readonly elapsed: () => number
  readonly onTrouble: (uri: string, error: unknown) => void
}): KeySets => {
  const entries = createBoundedCache<string, Entry>(2000)

  const entryOf = (uri: string): Entry => {
    const found = entries.get(uri)
    if (found !== undefined) return found
    const made: Entry = { known: undefined, triedAt: Number.NEGATIVE_INFINITY, underWay: undefined }
    entries.set(uri, made)
    return made
  }

  const fetchNow = (uri: string, entry: Entry): Promise<Known | undefined> => {
    entry.triedAt = elapsed()
    entry.underWay ??= fetchPublic(uri)
      .then((json) => {
        entry.known = { keys: readKeySet(json), fetchedAt: elapsed() }
        return entry.known
      })
      .catch((error: unknown) => {
        onTrouble(uri, error)
        return undefined
      })
      .finally(() => {
        entry.underWay = undefined
      })
    return entry.underWay
  }

  return {
    find: async (uri, header) => {
      const entry = entryOf(uri)
      const age = (): number => elapsed() - (entry.known?.fetchedAt ?? Number.NEGATIVE_INFINITY)
      const mayFetch = (): boolean => entry.underWay !== undefined || elapsed() - entry.triedAt >= keySetCoolDown
      if (age() >= keySetFreshFor && mayFetch()) await fetchNow(uri, entry)
      const usable = () => (age() < keySetFreshFor + keySetStaleFor ? entry.known : undefined)
      const known = usable()
      if (known === undefined) throw unavailable(uri)
      const found = select(known.keys, header)
      if (found.length > 0 || !mayFetch()) return found
      await fetchNow(uri, entry)
      return select(usable()?.keys ?? [], header)
    },
  }
}

const select = (keys: readonly ClientKey[], { algorithm, kid }: AssertionHeader): readonly ClientKey[] =>
  keys.filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid))

/** The keys of a set that are of use; @throws Error when it is none, or holds what must never be published */
const readKeySet = (json: unknown): readonly ClientKey[] => {
  const keys = (json as { readonly keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('it is not a JSON Web Key Set')
  if (keys.length > maximumKeys) throw new Error(`it has more than ${maximumKeys} keys`)
  return keys.flatMap((one: unknown): ClientKey[] => {
    if (typeof one !== 'object' || one === null) throw new Error('a member of keys is not an object')
    const input = one as Readonly<Record<string, unknown>>
    if ('d' in input || 'k' in input) throw new Error('it holds a private key or a secret')
    const key = readClientKey(input)
    // A set may hold keys for other uses, which are not ours to judge.
    return 'wrong' in key ? [] : [key]
  })
}
