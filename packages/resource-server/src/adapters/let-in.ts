import type { ProtectedApi } from '../protect.ts'
import type { VerifiedToken } from '../verified-token.ts'

// A symbol of this module, so that nothing a caller sends can become the property. It is not enumerable, so that a log of
// the request does not show the claims.
const letIn = Symbol('mintmark.letIn')

interface LetIn {
  readonly api: unknown
  readonly token: unknown
}

/** Notes on a framework's request (or context) the token that let it in. */
export function noteToken<Claims>(api: ProtectedApi<Claims>, request: object, token: VerifiedToken<Claims>): void {
  const noted: LetIn = { api, token }
  Object.defineProperty(request, letIn, { value: noted, configurable: true })
}

/**
 * The token with which `requireToken(api, …)` let the request in, for code that is not in the handler itself.
 * @throws Error when no `requireToken` of this API ran before: a route that was left unprotected fails, it does not run
 */
export function tokenOf<Claims>(api: ProtectedApi<Claims>, request: object): VerifiedToken<Claims> {
  const noted = (request as { readonly [letIn]?: LetIn })[letIn]
  // The API tells what its claims are: only its own tokens have them.
  if (noted?.api === api) return noted.token as VerifiedToken<Claims>
  throw new Error('tokenOf: the request was not let in by requireToken of this API')
}
