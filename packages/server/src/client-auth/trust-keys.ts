import { createPublicKey, type KeyObject } from 'node:crypto'
import type { IssuerKey, Trust } from '../domain/trust.ts'
import type { FetchPublic } from '../lib/fetch-public.ts'
import type { Parking } from '../lib/parking.ts'
import { readIssuerKey, readKeySet } from '../registry/issuer-key.ts'
import type { AssertionHeader } from './assertion.ts'
import { createKeySets } from './key-sets.ts'

export type TrustKeys = {
  /**
   * The keys of a trust that a token may be signed by.
   * @throws OAuthError `temporarily_unavailable` when they cannot be had
   */
  readonly find: (trust: Trust, header: AssertionHeader) => Promise<readonly KeyObject[]>
}

/** Where the metadata of an issuer may be: OpenID Connect Discovery §4, RFC 8414 §3. */
const metadataPlaces = (issuer: string): readonly string[] => {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

/** The key set of an issuer, by its metadata. @throws Error that says why there is none */
const discover = async (issuer: string, fetchPublic: FetchPublic): Promise<unknown> => {
  const failures: unknown[] = []
  for (const place of metadataPlaces(issuer)) {
    try {
      const metadata = (await fetchPublic(place)) as Readonly<Record<string, unknown>> | null
      // Whoever names another issuer vouches for others than those we trust (RFC 8414 §3.3).
      if (metadata?.issuer !== issuer) throw new Error(`${place} is the metadata of another issuer`)
      if (typeof metadata.jwks_uri !== 'string') throw new Error(`${place} names no jwks_uri`)
      return await fetchPublic(metadata.jwks_uri)
    } catch (error) {
      failures.push(error)
    }
  }
  throw failures[0]
}

const discovery = 'discovery of '

/** The keys of issuers of platform tokens: kept, and fetched anew, as those of clients are. */
export const createTrustKeys = ({
  fetchPublic,
  parking,
  elapsed,
  onTrouble,
}: {
  readonly fetchPublic: FetchPublic
  /** Where requests are counted that wait for a fetch. */
  readonly parking: Parking
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  /** Told of each failed fetch. */
  readonly onTrouble: (source: string, error: unknown) => void
}): TrustKeys => {
  const keySets = createKeySets({
    fetchSet: (source) =>
      source.startsWith(discovery) ? discover(source.slice(discovery.length), fetchPublic) : fetchPublic(source),
    read: (json) => readKeySet(json, readIssuerKey),
    parking,
    check: 'trust-keys-available',
    elapsed,
    onTrouble,
  })
  const imported = new WeakMap<IssuerKey, KeyObject>()

  const keyOf = (key: IssuerKey): KeyObject => {
    const known = imported.get(key)
    if (known !== undefined) return known
    const made = createPublicKey({ key: key.jwk, format: 'jwk' })
    imported.set(key, made)
    return made
  }

  const candidates = ({ issuer, keys }: Trust, header: AssertionHeader) => {
    if (keys.type === 'discovery') return keySets.find(`${discovery}${issuer}`, header)
    if (keys.type === 'jwks-uri') return keySets.find(keys.uri, header)
    return keys.keys.filter(
      ({ algorithm, kid }) => algorithm === header.algorithm && (header.kid === undefined || header.kid === kid),
    )
  }

  return { find: async (trust, header) => (await candidates(trust, header)).map(keyOf) }
}
