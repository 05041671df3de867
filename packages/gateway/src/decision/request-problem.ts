import { readTarget, type TargetProblem } from '../path/read-target.ts'
import { addedHeaders } from '../routes/route.ts'
import { foldedName } from '../table/header-rules.ts'
import type { RouteTable } from '../table/route-table.ts'
import { identityHeaderNames } from './identity-headers.ts'
import type { OriginalRequest } from './original-request.ts'
import { isOverrideHeader, queryOverridesMethod } from './override-headers.ts'

/** Why a request has no route before any is looked for. Names for logs and counters. */
export type RequestProblem = TargetProblem | 'method' | 'method-override' | 'host' | 'identity-header'

export type PlainRequest = {
  readonly method: string
  readonly segments: readonly string[]
  /** In lower case, without the port. */
  readonly host: string | undefined
}

const methodForm = /^[A-Z]+(?:-[A-Z]+)*$/
const hostForm = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/

/** Makes the first check of a table: everything by which a request could mean different things to different servers. */
export const createRequestCheck = ({ routes, headerPrefix, overrideHeaders }: RouteTable, stripsHeaders: boolean) => {
  const usesHosts = routes.some(({ host }) => host !== undefined)
  const prefix = foldedName(headerPrefix)
  const added = new Set(addedHeaders(routes).map(foldedName))
  const replaced = new Set(identityHeaderNames(headerPrefix).map((name) => name.toLowerCase()))
  // The gateway replaces what it is answered; it does not know that `x_mintmark_client_id` is the same to the API, and nginx
  // knows no names but those in its configuration, which has those of the table's author only if he added them there too.
  const isDisguised = (name: string): boolean => {
    if (replaced.has(name)) return false
    const folded = foldedName(name)
    return folded.startsWith(prefix) || added.has(folded)
  }
  const refusesOverrides = overrideHeaders === 'refuse' && !stripsHeaders

  return ({ method, target, host, headerNames }: OriginalRequest): PlainRequest | RequestProblem => {
    if (!methodForm.test(method) || method === 'TRACE' || method === 'CONNECT') return 'method'
    const path = readTarget(target)
    if (!path.ok) return path.problem
    if (queryOverridesMethod(path.query)) return 'method-override'
    if (refusesOverrides && headerNames.some(isOverrideHeader)) return 'method-override'
    if (!stripsHeaders && headerNames.some(isDisguised)) return 'identity-header'
    if (!usesHosts) return { method, segments: path.segments, host: undefined }
    const named = hostForm.exec(host?.toLowerCase() ?? '')?.[1]
    return named === undefined ? 'host' : { method, segments: path.segments, host: named }
  }
}
