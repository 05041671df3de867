import type { PatternSegment } from './path-pattern.ts'
import { mostSpecificFirst } from './precedence.ts'
import type { Route } from './route.ts'

/** What routes are chosen by, beside the path. */
export type Asked = { readonly method: string; readonly host: string | undefined }

/** Finds the most specific route for the segments of a path. */
export type FindInTree = (segments: readonly string[], asked: Asked) => Route | undefined

type Ranked = { readonly route: Route; readonly rank: number }

type Branch = {
  readonly literals: Map<string, Branch>
  any: Branch | undefined
  /** Routes whose path ends here, and those that go on with `**`; most specific first. */
  readonly ends: Ranked[]
  readonly rests: Ranked[]
}

const branch = (): Branch => ({ literals: new Map(), any: undefined, ends: [], rests: [] })

/**
 * Orders routes by segment, so that finding one costs the same with ten routes as with a thousand.
 * @param text what literals are compared by
 */
export const createRouteTree = (
  routes: readonly Route[],
  text: (segment: Exclude<PatternSegment, '*'>) => string,
): FindInTree => {
  const root = branch()
  for (const [rank, route] of mostSpecificFirst(routes).entries()) {
    let here = root
    for (const segment of route.pattern.segments) here = descend(here, segment, text)
    const list = route.pattern.rest ? here.rests : here.ends
    list.push({ route, rank })
  }
  return (segments, asked) => {
    let best: Ranked | undefined
    const consider = (list: readonly Ranked[]): void => {
      for (const candidate of list) {
        if (best !== undefined && best.rank < candidate.rank) return
        if (isFor(candidate.route, asked)) best = candidate
      }
    }
    const visit = (here: Branch, depth: number): void => {
      consider(here.rests)
      const segment = segments[depth]
      if (segment === undefined) {
        consider(here.ends)
        return
      }
      const literal = here.literals.get(segment)
      if (literal !== undefined) visit(literal, depth + 1)
      if (here.any !== undefined) visit(here.any, depth + 1)
    }
    visit(root, 0)
    return best?.route
  }
}

const descend = (
  here: Branch,
  segment: PatternSegment,
  text: (segment: Exclude<PatternSegment, '*'>) => string,
): Branch => {
  if (segment === '*') {
    here.any ??= branch()
    return here.any
  }
  const known = here.literals.get(text(segment))
  if (known !== undefined) return known
  const made = branch()
  here.literals.set(text(segment), made)
  return made
}

const isFor = ({ host, methods }: Route, asked: Asked): boolean =>
  (host === undefined || host === asked.host) && (methods === undefined || methods.has(asked.method))
