import { lenientReadings, lenientSegment } from '../path/lenient-readings.ts'
import { isWider } from './precedence.ts'
import type { Route } from './route.ts'
import { type Asked, createRouteTree } from './route-tree.ts'

export type Found =
  | { readonly route: Route }
  /** `unknown-route`: none is for it. `path-ambiguous`: a lenient server would read the path of a narrower one. */
  | { readonly route: undefined; readonly problem: 'unknown-route' | 'path-ambiguous' }

/** Finds the one route that decides a request. */
export type FindRoute = (segments: readonly string[], asked: Asked) => Found

/**
 * Makes the search of a table. The most specific route decides. A path that another server could read as the path of
 * another route (it ignores case, decodes what needs no encoding, leaves a format out, or runs a script) is no path of this one.
 */
export const createFindRoute = (routes: readonly Route[]): FindRoute => {
  const strict = createRouteTree(routes, ({ literal }) => literal)
  const lenient = createRouteTree(routes, ({ lenient }) => lenient)
  const longest = routes
    .flatMap(({ pattern }) => pattern.segments)
    .reduce((length, segment) => Math.max(length, segment === '*' ? 0 : segment.lenient.length), 0)
  return (segments, asked) => {
    const route = strict(segments, asked)
    const plain = segments.map(lenientSegment)
    if (lenient(plain, asked) !== route) return { route: undefined, problem: 'path-ambiguous' }
    if (route === undefined) return { route: undefined, problem: 'unknown-route' }
    const isNarrower = (reading: readonly string[]): boolean => {
      const other = lenient(reading, asked)
      return other !== undefined && isWider(route, other)
    }
    return lenientReadings(plain, longest).some(isNarrower)
      ? { route: undefined, problem: 'path-ambiguous' }
      : { route }
  }
}
