import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Certificate } from '../certificates/certificate.ts'
import { asTrustAnchor } from '../certificates/trust-anchors.ts'
import type { IssuerKey, Trust, TrustKeySource } from '../domain/trust.ts'
import type { FetchPublic } from '../lib/fetch-public.ts'
import type { Parking } from '../lib/parking.ts'
import { readIssuerKey, readKeySet } from '../registry/issuer-key.ts'
import { readAuthorities, readRefreshHint } from '../registry/spiffe-bundle.ts'
import type { AssertionHeader } from './assertion.ts'
import { createKeySets, type PublishedKeys } from './key-sets.ts'

export type TrustKeys = {
  /**
   * The keys of a trust that a token may be signed by.
   * @throws OAuthError `temporarily_unavailable` when they cannot be had
   */
  readonly find: (trust: Trust, header: AssertionHeader) => Promise<readonly KeyObject[]>
  /**
   * Whether the CAs of a trust domain are such that a certificate is good; a bundle with others is looked for once in a while.
   * @throws OAuthError `temporarily_unavailable` when they cannot be had
   */
  readonly vouch: (trust: Trust, holds: (authorities: readonly Certificate[]) => boolean) => Promise<boolean>
}

/** What a trust publishes: a key set, which for a trust domain has its CAs too. */
type Bundle = PublishedKeys & { readonly authorities: readonly Certificate[] }

const readBundle = (json: unknown): Bundle => {
  const hint = readRefreshHint(json)
  return {
    keys: readKeySet(json, readIssuerKey),
    authorities: readAuthorities(json),
    freshFor: hint === undefined ? undefined : hint * 1000,
  }
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
    read: readBundle,
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

  /** Those that were uploaded, read once. */
  const uploaded = new WeakMap<TrustKeySource, readonly Certificate[]>()
  const authoritiesOf = (source: Extract<TrustKeySource, { readonly type: 'jwks' }>): readonly Certificate[] => {
    const known = uploaded.get(source)
    if (known !== undefined) return known
    const read = (source.authorities ?? [])
      .map((der) => asTrustAnchor(Buffer.from(der, 'base64')))
      .flatMap((anchor) => ('wrong' in anchor ? [] : [anchor]))
    uploaded.set(source, read)
    return read
  }

  return {
    find: async (trust, header) => (await candidates(trust, header)).map(keyOf),
    vouch: async ({ keys }, holds) => {
      // A trust domain has no metadata to discover.
      if (keys.type === 'discovery') return false
      if (keys.type === 'jwks') return holds(authoritiesOf(keys))
      return (await keySets.search(keys.uri, ({ authorities }) => (holds(authorities) ? true : undefined))) ?? false
    },
  }
}
