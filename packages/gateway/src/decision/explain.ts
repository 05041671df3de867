import { createFindRoute } from '../routes/find-route.ts'
import type { Route } from '../routes/route.ts'
import type { RouteTable } from '../table/route-table.ts'
import { createRequestCheck, type RequestProblem } from './request-problem.ts'

/** What becomes of a request before its token is looked at. */
export type Explanation =
  | { readonly route: Route }
  | { readonly route: undefined; readonly check: string; readonly sentence: string }

const sentences: Readonly<Record<RequestProblem | 'unknown-route' | 'path-ambiguous', string>> = {
  'target-form': 'the target does not begin with a slash',
  'target-too-long': 'the target is too long',
  'path-characters': 'the path has characters that servers read differently',
  'path-encoding': 'the path has something encoded that need not be, or that divides, or that is no text',
  'path-empty-segment': 'the path has an empty segment (//)',
  'path-parameters': 'the path has a semicolon, where some servers cut it off',
  'path-segment-end': 'a segment of the path ends in a dot or begins or ends with a space, or is a dot segment',
  'query-characters': 'the query has a fragment or characters that are not printable ASCII',
  method: 'the method is none that can be let in',
  'method-override': 'a header or query parameter asks for another method or path than the request line',
  host: 'the host is missing or malformed, and the table has routes for hosts',
  'identity-header': 'a header is spelt so that the API could take it for one of ours',
  'unknown-route': 'no route of the table is for it',
  'path-ambiguous':
    'an API that ignores case or encoding, takes an ending for a format, or runs a script, would read the path of a narrower route',
}

/** Says which route decides a request, or why none does. */
export const explainRequest = (
  table: RouteTable,
  { method, target, host }: { readonly method: string; readonly target: string; readonly host?: string | undefined },
): Explanation => {
  const refused = (check: keyof typeof sentences): Explanation => ({
    route: undefined,
    check,
    sentence: sentences[check],
  })
  const plain = createRequestCheck(table, false)({ method, target, host, headerNames: [], header: () => [] })
  if (typeof plain === 'string') return refused(plain)
  const found = createFindRoute(table.routes)(plain.segments, plain)
  return found.route === undefined ? refused(found.problem) : { route: found.route }
}
