import { bearerChallenge, OAuthError, readBearer } from '@mintmark/protocol'
import type { ApiRequest, VerifiedToken } from '@mintmark/resource-server'
import { createFindRoute } from '../routes/find-route.ts'
import { addedHeaders, type Route, type TokenNeeded } from '../routes/route.ts'
import type { RouteTable } from '../table/route-table.ts'
import { identityHeaders } from './identity-headers.ts'
import type { OriginalRequest } from './original-request.ts'
import type { PhantomToken } from './phantom-token.ts'
import { createRequestCheck } from './request-problem.ts'
import type { Refused, Verdict } from './verdict.ts'
import type { Verifier } from './verifiers.ts'

/** Decides one request. Never rejects: what goes wrong is a refusal. */
export type Decide = (request: OriginalRequest) => Promise<Verdict>

export type DecideDependencies = {
  readonly verifierOf: (needed: TokenNeeded) => Pick<Verifier, 'api'>
  /** Why a request was refused by its verifier, once. */
  readonly takeRefusal: (request: ApiRequest) => OAuthError | undefined
  readonly phantomOf: (needed: TokenNeeded) => PhantomToken
  /**
   * Whether whoever asks sends the request on itself and strips headers that override method or path or tell who calls,
   * in every spelling; else a request with them is refused.
   */
  readonly stripsHeaders: boolean
}

const noStore = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }

/** One answer for everything that has no route, so that a stranger learns nothing of the table. */
const forbidden = (check: string, route?: Route): Refused => ({
  passed: false,
  route,
  status: 403,
  headers: noStore,
  body: JSON.stringify({ error: 'forbidden', error_description: 'No route is for this request.' }),
  check,
})

const unavailable = (cause: unknown, route?: Route): Refused => ({
  passed: false,
  route,
  status: 503,
  headers: { ...noStore, 'Retry-After': '5' },
  body: JSON.stringify({
    error: 'temporarily_unavailable',
    error_description: 'The access token cannot be checked at the moment.',
  }),
  check: 'internal',
  cause,
})

/** Makes the decision of a table: is the request plain, which route is it for, is its token good, what does the API get. */
export const createDecide = (table: RouteTable, dependencies: DecideDependencies): Decide => {
  const { verifierOf, takeRefusal, phantomOf, stripsHeaders } = dependencies
  const check = createRequestCheck(table, stripsHeaders)
  const findRoute = createFindRoute(table.routes)
  const { headerPrefix } = table
  const added = new Map(table.routes.map((route) => [route, addedBy(route, table.routes)]))
  const headersOf = (route: Route, token: VerifiedToken | undefined) => ({
    ...identityHeaders(headerPrefix, token),
    ...added.get(route),
  })

  const withToken = async (request: OriginalRequest, route: Route, needed: TokenNeeded): Promise<Verdict> => {
    const { method, target, header } = request
    const asked: ApiRequest = { method, url: target, header }
    const decision = await verifierOf(needed).api.authorize(asked, needed.requirement)
    if (!decision.allowed) {
      const { status, headers, body } = decision
      return { passed: false, route, status, headers, body, ...reasonOf(takeRefusal(asked)) }
    }
    const { token } = decision
    const authorization = needed.swap ? await swapped(request, needed, token) : undefined
    return { passed: true, route, token, authorization, headers: headersOf(route, token) }
  }

  const swapped = async ({ header }: OriginalRequest, needed: TokenNeeded, token: VerifiedToken) => {
    const value = readBearer(header('authorization')[0] ?? '')
    // A JWT is what the API wants, and what an offline verifier has verified.
    if (value === undefined || value.split('.').length === 3) return undefined
    return `Bearer ${await phantomOf(needed)(value, token)}`
  }

  return async (request) => {
    let route: Route | undefined
    try {
      const plain = check(request)
      if (typeof plain === 'string') return forbidden(plain)
      const found = findRoute(plain.segments, plain)
      if (found.route === undefined) return forbidden(found.problem)
      route = found.route
      const { access } = route
      if (access === 'public') {
        return {
          passed: true,
          route,
          token: undefined,
          authorization: undefined,
          headers: headersOf(route, undefined),
        }
      }
      return await withToken(request, route, access)
    } catch (error) {
      return error instanceof OAuthError ? fromError(error, route) : unavailable(error, route)
    }
  }
}

/** What a route adds; what only others add is there too, empty, for it must not come from the caller either. */
const addedBy = ({ headers }: Route, routes: readonly Route[]): Readonly<Record<string, string>> => {
  const own = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const others = addedHeaders(routes).filter((name) => !own.has(name.toLowerCase()))
  return { ...headers, ...Object.fromEntries(others.map((name) => [name, ''])) }
}

const reasonOf = (error: OAuthError | undefined): Pick<Refused, 'check' | 'expected' | 'received' | 'cause'> => {
  if (error === undefined) return { check: 'no-token' }
  const { check = error.code, expected, received, cause } = error
  return { check, expected, received, cause }
}

const challengeOf = ({ code, description }: OAuthError, route: Route | undefined): string =>
  bearerChallenge({
    realm: route === undefined || route.access === 'public' ? '' : route.access.audience,
    error: code,
    errorDescription: description,
  })

/** What the swap refuses: the issuer no longer knows the token, or gives no JWT for it. */
const fromError = (error: OAuthError, route: Route | undefined): Refused => ({
  ...unavailable(error.cause, route),
  ...(error.code === 'invalid_token'
    ? {
        status: 401,
        headers: { ...noStore, 'WWW-Authenticate': challengeOf(error, route) },
        body: JSON.stringify({ error: error.code, error_description: error.description }),
      }
    : {}),
  ...reasonOf(error),
})
