import { type BoundedCache, createBoundedCache } from '../lib/bounded-cache.ts'
import type { Certificate } from './certificate.ts'
import { checkPath, type PathResult } from './certification-path.ts'
import type { RevocationList } from './revocation-list.ts'

/** Milliseconds for which a path that was found good is not looked for again. */
export const pathKnownFor = 60_000
/** Certificates remembered for one set of anchors. */
const rememberedPaths = 2000

type Asked = Parameters<typeof checkPath>[0]
type Known = { readonly lists: readonly RevocationList[]; readonly from: number; readonly until: number }

const sameLists = (one: readonly RevocationList[], other: readonly RevocationList[]): boolean =>
  one === other || (one.length === 0 && other.length === 0)

/** The next moment at which the answer could be another one. */
const nextEnd = ({ certificate, brought, anchors, lists, now }: Asked): number =>
  [
    // The last second of a certificate counts as a whole.
    ...[certificate, ...brought, ...anchors].map(({ notAfter }) => notAfter + 1000),
    ...lists.map(({ nextUpdate }) => nextUpdate ?? Number.POSITIVE_INFINITY),
  ].reduce((next, end) => (end > now ? Math.min(next, end) : next), now + pathKnownFor)

/**
 * As `checkPath`, and a path that was found good is believed for a minute without verifying its signatures again: for the same
 * certificates, anchors and revocation lists, and not beyond the end of any of them. What is refused is never remembered.
 * Anchors are told apart by the array they come in.
 */
export const createPathChecker = (): ((asked: Asked) => PathResult) => {
  const byAnchors = new WeakMap<readonly Certificate[], BoundedCache<string, Known>>()

  const cacheOf = (anchors: readonly Certificate[]): BoundedCache<string, Known> => {
    const found = byAnchors.get(anchors)
    if (found !== undefined) return found
    const made = createBoundedCache<string, Known>(rememberedPaths)
    byAnchors.set(anchors, made)
    return made
  }

  return (asked) => {
    const { certificate, brought, anchors, lists, now } = asked
    const cache = cacheOf(anchors)
    const name = [certificate, ...brought].map(({ thumbprint }) => thumbprint).join(' ')
    const known = cache.get(name)
    if (known !== undefined && sameLists(known.lists, lists) && known.from <= now && now < known.until) {
      return { trusted: true }
    }
    const result = checkPath(asked)
    if (result.trusted) cache.set(name, { lists, from: now, until: nextEnd(asked) })
    return result
  }
}
