import { OAuthError } from '@mintmark/protocol'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { FetchPublic } from '../lib/fetch-public.ts'
import type { Parking } from '../lib/parking.ts'
import type { ClientKey } from '../registry/client-key.ts'
import type { AssertionHeader } from './assertion.ts'

/** What somebody publishes, as it was read. */
export type PublishedKeys = {
  readonly keys: readonly ClientKey[]
  /** Milliseconds it is used before it is fetched again, where it says so itself. */
  readonly freshFor?: number | undefined
}

/** Key sets that others publish: clients (`jwks_uri`), and issuers of platform tokens. */
export type KeySets<P extends PublishedKeys = PublishedKeys> = {
  /**
   * Looks for something in a set. What is not there yet is looked for anew, once in a while.
   * @param look undefined when it is not there
   * @throws OAuthError `temporarily_unavailable` when there is no set to be had
   */
  readonly search: <R>(uri: string, look: (published: P) => R | undefined) => Promise<R | undefined>
  /**
   * The keys of a set that an assertion may be signed by. A key that is not there yet is looked for anew, once in a while.
   * @throws OAuthError `temporarily_unavailable` when there is no set to be had
   */
  readonly find: (uri: string, header: Pick<AssertionHeader, 'algorithm' | 'kid'>) => Promise<readonly ClientKey[]>
}

/** Milliseconds a set is used before it is fetched again: a removed key lives so long at the most. */
export const keySetFreshFor = 300_000
/** Milliseconds a set is used while it cannot be fetched. */
export const keySetStaleFor = 3_600_000
/** The longest that a set can ask to be used before it is fetched again, in milliseconds. */
const longestFresh = 3_600_000
/** Milliseconds between two fetches of one set, whatever is asked. */
export const keySetCoolDown = 30_000

type Known<P> = { readonly published: P; readonly fetchedAt: number }
type Entry<P> = { known: Known<P> | undefined; triedAt: number; underWay: Promise<Known<P> | undefined> | undefined }

const unavailable = (uri: string, check: string): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The keys of the client cannot be fetched at the moment.', {
    check,
    expected: uri,
    headers: { 'retry-after': '30' },
  })

/**
 * @param fetchSet fetches the JSON of a key set by its name, which may be its URI
 * @param read the keys of a set; throws when it is none
 * @param check names the check of a set that cannot be had
 * @param parking where requests are counted that wait for a fetch
 * @param elapsed milliseconds of a clock that never jumps
 * @param onTrouble told of each failed fetch
 */
export const createKeySets = <P extends PublishedKeys>({
  fetchSet,
  parking,
  read,
  check,
  elapsed,
  onTrouble,
}: {
  readonly fetchSet: FetchPublic
  readonly parking: Parking
  readonly read: (json: unknown) => P
  readonly check: string
  readonly elapsed: () => number
  readonly onTrouble: (uri: string, error: unknown) => void
}): KeySets<P> => {
  const entries = createBoundedCache<string, Entry<P>>(2000)

  const entryOf = (uri: string): Entry<P> => {
    const found = entries.get(uri)
    if (found !== undefined) return found
    const made: Entry<P> = { known: undefined, triedAt: Number.NEGATIVE_INFINITY, underWay: undefined }
    entries.set(uri, made)
    return made
  }

  const fetchNow = (uri: string, entry: Entry<P>): Promise<Known<P> | undefined> | Known<P> | undefined => {
    entry.triedAt = elapsed()
    entry.underWay ??= fetchSet(uri)
      .then((json) => {
        entry.known = { published: read(json), fetchedAt: elapsed() }
        return entry.known
      })
      .catch((error: unknown) => {
        onTrouble(uri, error)
        return undefined
      })
      .finally(() => {
        entry.underWay = undefined
      })
    return parking.during(entry.underWay)
  }

  const freshFor = ({ known }: Entry<P>): number =>
    Math.min(longestFresh, Math.max(keySetCoolDown, known?.published.freshFor ?? keySetFreshFor))

  const search: KeySets<P>['search'] = async (uri, look) => {
    const entry = entryOf(uri)
    const age = (): number => elapsed() - (entry.known?.fetchedAt ?? Number.NEGATIVE_INFINITY)
    const mayFetch = (): boolean => entry.underWay !== undefined || elapsed() - entry.triedAt >= keySetCoolDown
    if (age() >= freshFor(entry) && mayFetch()) await fetchNow(uri, entry)
    const usable = () => (age() < freshFor(entry) + keySetStaleFor ? entry.known?.published : undefined)
    const published = usable()
    if (published === undefined) throw unavailable(uri, check)
    const found = look(published)
    if (found !== undefined || !mayFetch()) return found
    await fetchNow(uri, entry)
    const fetched = usable()
    return fetched === undefined ? undefined : look(fetched)
  }

  return {
    search,
    find: async (uri, header) =>
      (await search(uri, ({ keys }) => {
        const found = select(keys, header)
        return found.length > 0 ? found : undefined
      })) ?? [],
  }
}

const select = (
  keys: readonly ClientKey[],
  { algorithm, kid }: Pick<AssertionHeader, 'algorithm' | 'kid'>,
): readonly ClientKey[] => keys.filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid))
