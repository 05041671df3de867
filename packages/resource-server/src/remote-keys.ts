import { inFlight, type MetadataSource, requestJson, secureUrl, tell } from '@mintmark/client/transport'
import type { KeySet } from './key-set.ts'
import { undecidable } from './refusals.ts'

/** Keys are fetched anew, in the background, when they are older than this: 5 minutes. */
export const keysFreshFor = 300_000
/** While the server is away, keys that should have been renewed are used for so long: 1 hour. */
export const keysStaleFor = 3_600_000
/** Between two refreshes for an unknown `kid`, and between two while the server is away and old keys serve: 30 seconds. */
export const refreshCoolDown = 30_000
/** Between two attempts while there are no keys at all: 1 second. */
export const failureCoolDown = 1_000

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys that can be used without waiting; undefined when there are none that are good enough. */
  atHand(): KeySet | undefined
  /** @throws OAuthError `temporarily_unavailable` when there are none and the server does not give any */
  current(): Promise<KeySet>
  /**
   * Newer keys than the given ones, for a token whose key is not among them.
   * @returns undefined when there are none, or when that was asked a moment ago
   * @throws OAuthError `temporarily_unavailable` when it could not be asked
   */
  newerThan(keys: KeySet): Promise<KeySet | undefined>
}

export interface RemoteKeysOptions {
  /** Where the key set is. */
  readonly locate: () => Promise<URL>
  /** Reads what is found there; an Error when it is not a key set. */
  readonly read: (json: unknown) => KeySet
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Told of each failed fetch, also where old keys bridge it. */
  readonly onTrouble: (error: unknown) => void
}

/** The keys that an issuer publishes; one request in flight for any number of callers. */
export function remoteKeys(options: RemoteKeysOptions): KeySource {
  const { now } = options
  let known: { readonly keys: KeySet; readonly fetchedAt: number } | undefined
  let failure: { readonly error: unknown; readonly at: number } | undefined
  // The metadata is looked for in two places before the keys.
  const requests = inFlight<KeySet>({ now, patience: options.timeout * 4 })
  let unknownKeyAt = Number.NEGATIVE_INFINITY

  const fetchNow = async (): Promise<KeySet> => {
    try {
      const keys = await fetchKeySet(options)
      known = { keys, fetchedAt: now() }
      failure = undefined
      return keys
    } catch (error) {
      failure = { error, at: now() }
      tell(options.onTrouble, error)
      throw undecidable('keys-unavailable', error)
    }
  }
  const refresh = (): Promise<KeySet> => {
    const running = requests.running()
    if (running !== undefined) return running
    if (failure !== undefined && now() - failure.at < failureCoolDown) {
      return Promise.reject(undecidable('keys-unavailable', failure.error))
    }
    return requests.join(fetchNow)
  }
  const usable = (): KeySet | undefined =>
    known !== undefined && now() - known.fetchedAt < keysFreshFor + keysStaleFor ? known.keys : undefined
  const atHand = (): KeySet | undefined => {
    const keys = usable()
    if (known === undefined || keys === undefined || now() - known.fetchedAt < keysFreshFor) return keys
    if (now() - (failure?.at ?? Number.NEGATIVE_INFINITY) < refreshCoolDown) return keys
    // A renewal that nobody waited for got lost, as in workers: this time it is waited for.
    if (requests.lost()) return undefined
    // Nobody waits for a renewal, and its failure has been told.
    refresh().catch(() => undefined)
    return keys
  }
  const orOld = (error: unknown): KeySet => {
    const keys = usable()
    if (keys === undefined) throw error
    return keys
  }

  return {
    atHand,
    current: async () => atHand() ?? refresh().catch(orOld),
    newerThan: async (keys) => {
      const newer = () => (known !== undefined && known.keys !== keys ? known.keys : undefined)
      if (newer() !== undefined) return newer()
      if (now() - unknownKeyAt >= refreshCoolDown) {
        unknownKeyAt = now()
        await refresh()
      } else if (requests.running() !== undefined) {
        await requests.running()
      } else if (failure !== undefined) {
        throw undecidable('keys-unavailable', failure.error)
      }
      return newer()
    },
  }
}

/** Keys that are given instead of fetched: they are all there is, for as long as the API runs. */
export function givenKeys(keys: KeySet): KeySource {
  return { atHand: () => keys, current: async () => keys, newerThan: async () => undefined }
}

/** Where an issuer's metadata says its key set is. */
export const locateByMetadata = (metadata: MetadataSource) => async (): Promise<URL> => {
  const { jwks_uri: uri } = await metadata.get()
  if (uri === undefined) throw new Error('The metadata has no jwks_uri')
  return secureUrl(uri, 'jwks_uri')
}

async function fetchKeySet({ locate, read, fetch, timeout }: RemoteKeysOptions): Promise<KeySet> {
  const { status, json } = await requestJson({ url: await locate(), fetch, timeout })
  if (status !== 200) throw new Error(`The key set was answered with status ${status}`)
  return read(json)
}
