import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkRoutes } from './check-routes.ts'
import { createFindRoute } from './find-route.ts'
import { readPattern } from './path-pattern.ts'
import { isWider } from './precedence.ts'
import type { Route } from './route.ts'

const routeOf = (path: string, methods: readonly string[] | undefined, host: string | undefined): Route => ({
  name: `${methods?.join(',') ?? '*'} ${host ?? ''}${path}`,
  line: 1,
  host,
  methods: methods && new Set(methods),
  pattern: readPattern(path),
  access: 'public',
  headers: {},
})

const paths = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }), fc.boolean())
  .map(([segments, rest]) => `/${[...segments, ...(rest ? ['**'] : [])].join('/')}`)
const routes = fc.record({
  path: paths,
  methods: fc.constantFrom(undefined, ['GET'], ['POST'], ['GET', 'POST']),
  host: fc.constantFrom(undefined, undefined, 'x.example'),
})

/** Whether a route is for a request, without any tree. */
const isFor = (route: Route, segments: readonly string[], method: string, host: string): boolean => {
  const { segments: wanted, rest } = route.pattern
  if (segments.length < wanted.length || (!rest && segments.length > wanted.length)) return false
  if (!wanted.every((segment, index) => segment === '*' || segment.literal === segments[index])) return false
  return (route.methods?.has(method) ?? true) && (route.host === undefined || route.host === host)
}

test('in every table without contradictions one route is inside all others that match, and it is found', () => {
  let accepted = 0
  fc.assert(
    fc.property(
      fc.array(routes, { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }),
      fc.constantFrom('GET', 'POST', 'PUT'),
      fc.constantFrom('x.example', 'y.example'),
      (list, segments, method, host) => {
        const table = list.map(({ path, methods, host: of }) => routeOf(path, methods, of))
        if (checkRoutes(table).length > 0) return
        accepted += 1
        const matching = table.filter((route) => isFor(route, segments, method, host))
        const narrowest = matching.filter((route) =>
          matching.every((other) => other === route || isWider(other, route)),
        )
        assert.equal(narrowest.length, Math.min(1, matching.length))
        assert.equal(createFindRoute(table)(segments, { method, host }).route, narrowest[0])
      },
    ),
    { numRuns: 5000 },
  )
  assert.ok(accepted > 500)
})

test('a table of two thousand routes is checked in a moment, and searched as fast as a small one', () => {
  const table = Array.from({ length: 2000 }, (_, index) =>
    routeOf(`/service-${index % 50}/part-${index}/{id}/**`, undefined, undefined),
  )
  assert.deepEqual(checkRoutes(table), [])
  const find = createFindRoute(table)
  assert.equal(find(['service-49', 'part-1999', '5', 'x'], { method: 'GET', host: undefined }).route, table[1999])
})

test('a table in which every route crosses every other is checked too, and one of very long paths', () => {
  const crossing = Array.from({ length: 1024 }, (_, index) =>
    routeOf(
      `/${Array.from({ length: 10 }, (_, bit) => ((index >> bit) & 1 ? '*' : 'x')).join('/')}`,
      undefined,
      undefined,
    ),
  )
  assert.deepEqual(checkRoutes(crossing), [])
  assert.equal(checkRoutes(crossing.slice(1)).length > 0, true)
  const long = Array.from({ length: 500 }, (_, index) => routeOf(`/${index}${'/b'.repeat(400)}`, undefined, undefined))
  assert.deepEqual(checkRoutes(long), [])
})
