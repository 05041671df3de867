import { secureUrl } from './secure-url.ts'
import type { TokenSource } from './token-source.ts'

export interface AuthorizedFetchOptions {
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * A `fetch` that sends a token with every request. When the API answers 401, the token is renewed and the request
 * repeated, once; a second 401 is the answer. 403 never renews. A request whose body is a stream cannot be repeated:
 * its 401 is the answer, and the next request has a new token.
 * @throws TokenError when there is no token, or `insecure_url` when it would go over plain http to another machine
 */
export function authorizedFetch(source: TokenSource, options: AuthorizedFetchOptions = {}): typeof globalThis.fetch {
  const send = options.fetch ?? globalThis.fetch
  return async (input, init) => {
    secureUrl(withoutFragment(input instanceof Request ? input.url : String(input)), 'The URL of the API')
    const repeatable = isRepeatable(input, init)
    const token = await source.token()
    const response = await send(input, withAuthorization(input, init, token.authorization))
    if (response.status !== 401) return response
    if (!repeatable) {
      // The caller gets the 401; that the renewal may fail is the next caller's to know.
      source.renewToken(token).catch(() => undefined)
      return response
    }
    const renewed = await source.renewToken(token)
    if (renewed.value === token.value) return response
    await response.body?.cancel()
    return send(input, withAuthorization(input, init, renewed.authorization))
  }
}

function withAuthorization(input: string | URL | Request, init: RequestInit | undefined, authorization: string) {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
  headers.set('authorization', authorization)
  return { ...init, headers }
}

function isRepeatable(input: string | URL | Request, init: RequestInit | undefined): boolean {
  if (init?.body !== undefined && init.body !== null) return !(init.body instanceof ReadableStream)
  return !(input instanceof Request) || input.body === null
}

function withoutFragment(url: string): string {
  const hash = url.indexOf('#')
  return hash === -1 ? url : url.slice(0, hash)
}
