import { createFindRoute } from './find-route.ts'
import { intersection, patternsOverlap, patternsOverlapLeniently } from './path-pattern.ts'
import { isWider, samePlace } from './precedence.ts'
import type { Route } from './route.ts'

/** Something wrong with a table: where, and a sentence without a full stop. */
export type RouteProblem = { readonly line: number; readonly sentence: string }

/** No route is for these, so they stand for everything no route names. */
const otherSegment = '~other~'
const otherMethod = 'OTHER'

const shareMethod = ({ methods: one }: Route, { methods: other }: Route): boolean =>
  one === undefined || other === undefined || [...one].some((method) => other.has(method))

const shareHost = (one: Route, other: Route): boolean =>
  one.host === undefined || other.host === undefined || one.host === other.host

/**
 * Finds routes that contradict each other: two for the same requests, two that cross so that neither is more specific,
 * two that a lenient server takes for one, and routes that no request reaches.
 */
export const checkRoutes = (routes: readonly Route[]): readonly RouteProblem[] => {
  const problems: RouteProblem[] = []
  const byPlace = Map.groupBy(routes, placeOf)
  for (const [index, route] of routes.entries()) {
    for (const earlier of routes.slice(0, index)) {
      const sentence = contradiction(earlier, route, byPlace)
      if (sentence !== undefined) problems.push({ line: route.line, sentence })
    }
  }
  return problems.length > 0 ? problems : unreachable(routes)
}

/** Where routes are: the same text for the same place. */
const placeOf = ({ host, pattern: { segments, rest } }: Pick<Route, 'host' | 'pattern'>): string =>
  JSON.stringify([host ?? null, rest, segments.map((segment) => (segment === '*' ? null : segment.literal))])

type ByPlace = ReadonlyMap<string, readonly Route[]>

const contradiction = (earlier: Route, route: Route, byPlace: ByPlace): string | undefined => {
  if (!shareHost(earlier, route)) return undefined
  const rival = `"${earlier.name}" of line ${earlier.line}`
  if (!patternsOverlap(earlier.pattern, route.pattern)) {
    return patternsOverlapLeniently(earlier.pattern, route.pattern)
      ? `"${route.name}" and ${rival} differ only in case or encoding, and an API may take them for one`
      : undefined
  }
  if (!shareMethod(earlier, route) || isWider(earlier, route) || isWider(route, earlier)) return undefined
  if (samePlace(earlier, route)) return `"${route.name}" is for requests that ${rival} is for already`
  return isSettled(earlier, route, byPlace)
    ? undefined
    : `"${route.name}" and ${rival} are both for some requests, and neither is more specific: add a route for what both match`
}

/** Whether other routes are for exactly what two that cross are both for. */
const isSettled = (one: Route, other: Route, byPlace: ByPlace): boolean => {
  const crossing = { host: one.host ?? other.host, pattern: intersection(one.pattern, other.pattern) }
  const there = byPlace.get(placeOf(crossing)) ?? []
  if (there.some(({ methods }) => methods === undefined)) return true
  const shared = one.methods === undefined ? other.methods : other.methods && one.methods.intersection(other.methods)
  return (shared ?? one.methods)?.isSubsetOf(new Set(there.flatMap(({ methods }) => [...(methods ?? [])]))) ?? false
}

/** Tries each route with requests of every length that nothing else names. */
const unreachable = (routes: readonly Route[]): readonly RouteProblem[] => {
  const find = createFindRoute(routes)
  const longest = Math.max(0, ...routes.map(({ pattern }) => pattern.segments.length)) + 1
  const reaches = (route: Route): boolean => {
    const { segments, rest } = route.pattern
    const own = segments.map((segment) => (segment === '*' ? otherSegment : segment.literal))
    const further = rest ? Math.max(1, longest - own.length) : 0
    for (let more = 0; more <= further; more += 1) {
      const path = [...own, ...Array.from({ length: more }, () => otherSegment)]
      for (const method of route.methods ?? [otherMethod]) {
        if (find(path, { method, host: route.host }).route === route) return true
      }
    }
    return false
  }
  return routes
    .filter((route) => !reaches(route))
    .map(({ line, name }) => ({ line, sentence: `no request reaches "${name}": narrower routes are for all of them` }))
}
