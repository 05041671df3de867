import { createPublicKey, type KeyObject } from 'node:crypto'
import type { FetchPublic } from '../lib/fetch-public.ts'

/** Who may report leaks, and where its public keys are. */
export type Scanner = {
  /** In the path and, before `-public-key-signature`, in the names of its headers: `github`, `gitlab`. */
  readonly name: string
  /** An https URL, or the keys themselves, in the form that {@link readScannerKeys} takes. */
  readonly keys: { readonly url: string } | { readonly pinned: unknown }
}

export type ScannerKeys = {
  /**
   * The key of a scanner by its identifier; undefined when there is none.
   * @throws Error when its keys cannot be had
   */
  readonly find: (scanner: Scanner, identifier: string) => Promise<KeyObject | undefined>
}

/** Milliseconds fetched keys are used before they are fetched again. */
const freshFor = 3_600_000
/** Milliseconds keys are used while they cannot be fetched. */
const staleFor = 86_400_000
/** Milliseconds between two fetches, whatever identifiers strangers send. */
const coolDown = 30_000
const maximumKeys = 100

const readKey = (pem: unknown): KeyObject | undefined => {
  try {
    const key = typeof pem === 'string' && pem.includes('PUBLIC KEY') ? createPublicKey(pem) : undefined
    return key?.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads `{ "public_keys": [{ "key_identifier", "key" }] }`, the form of GitHub and GitLab: keys of the curve P-256 in PEM;
 * others are left out.
 * @throws Error when it has another form, or no key
 */
export const readScannerKeys = (json: unknown): ReadonlyMap<string, KeyObject> => {
  const { public_keys: list } = (json ?? {}) as { readonly public_keys?: unknown }
  if (!Array.isArray(list)) throw new Error('it has no list public_keys')
  const keys = list.slice(0, maximumKeys).flatMap((item: unknown): [string, KeyObject][] => {
    const { key_identifier: identifier, key: pem } = (item ?? {}) as Readonly<Record<string, unknown>>
    const key = readKey(pem)
    return key === undefined || typeof identifier !== 'string' || identifier === '' ? [] : [[identifier, key]]
  })
  if (keys.length === 0) throw new Error('it has no key of the curve P-256')
  return new Map(keys)
}

type Known = { readonly keys: ReadonlyMap<string, KeyObject>; readonly fetchedAt: number }
type Entry = { known: Known | undefined; triedAt: number; underWay: Promise<void> | undefined }

/**
 * The keys of scanners, fetched when they are needed, seldom, and never more often because a stranger asks.
 * @param elapsed milliseconds of a clock that never jumps
 */
export const createScannerKeys = ({
  fetchPublic,
  elapsed,
  onTrouble,
}: {
  readonly fetchPublic: FetchPublic
  readonly elapsed: () => number
  /** Told of each failed fetch. */
  readonly onTrouble: (url: string, error: unknown) => void
}): ScannerKeys => {
  const entries = new Map<string, Entry>()
  const pinned = new WeakMap<Scanner, ReadonlyMap<string, KeyObject>>()

  const pinnedKeys = (scanner: Scanner, json: unknown): ReadonlyMap<string, KeyObject> => {
    const keys = pinned.get(scanner) ?? readScannerKeys(json)
    pinned.set(scanner, keys)
    return keys
  }

  const fetchNow = (url: string, entry: Entry): Promise<void> => {
    if (entry.underWay === undefined) {
      entry.triedAt = elapsed()
      entry.underWay = fetchPublic(url)
        .then((json) => {
          entry.known = { keys: readScannerKeys(json), fetchedAt: elapsed() }
        })
        .catch((error: unknown) => onTrouble(url, error))
        .finally(() => {
          entry.underWay = undefined
        })
    }
    return entry.underWay
  }

  return {
    find: async (scanner, identifier) => {
      if ('pinned' in scanner.keys) return pinnedKeys(scanner, scanner.keys.pinned).get(identifier)
      const { url } = scanner.keys
      const entry: Entry = entries.get(url) ?? {
        known: undefined,
        triedAt: Number.NEGATIVE_INFINITY,
        underWay: undefined,
      }
      entries.set(url, entry)
      const age = (): number => elapsed() - (entry.known?.fetchedAt ?? Number.NEGATIVE_INFINITY)
      const mayFetch = (): boolean => entry.underWay !== undefined || elapsed() - entry.triedAt >= coolDown
      const wanted = age() >= freshFor || entry.known?.keys.has(identifier) !== true
      if (wanted && mayFetch()) await fetchNow(url, entry)
      if (entry.known === undefined || age() >= staleFor) throw new Error(`the keys at ${url} cannot be had`)
      return entry.known.keys.get(identifier)
    },
  }
}
