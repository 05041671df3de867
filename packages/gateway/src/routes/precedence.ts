import { patternCovers } from './path-pattern.ts'
import type { Route } from './route.ts'

const hostCovers = (outer: Route, inner: Route): boolean => outer.host === undefined || outer.host === inner.host

/** Whether two routes are for the same hosts and paths, so that only methods tell them apart. */
export const samePlace = (one: Route, other: Route): boolean =>
  one.host === other.host && patternCovers(one.pattern, other.pattern) && patternCovers(other.pattern, one.pattern)

/**
 * Whether `outer` is for everything `inner` is for, and more: then `inner` decides where both match. Host and path come
 * before the method: at one place, a route that names methods comes before the one for all others.
 */
export const isWider = (outer: Route, inner: Route): boolean => {
  if (samePlace(outer, inner)) return outer.methods === undefined && inner.methods !== undefined
  return hostCovers(outer, inner) && patternCovers(outer.pattern, inner.pattern)
}

/** Most specific first: a route that is inside another comes before it. */
export const mostSpecificFirst = (routes: readonly Route[]): readonly Route[] => {
  const wider = new Map(routes.map((route) => [route, routes.filter((other) => isWider(other, route)).length]))
  return [...routes].sort((one, other) => (wider.get(other) ?? 0) - (wider.get(one) ?? 0))
}
