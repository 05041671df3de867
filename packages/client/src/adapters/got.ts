import type { BeforeRequestHook, ExtendOptions, Request, Response } from 'got'
import type { AccessToken } from '../access-token.ts'
import { assertNotBound } from '../dpop-proofs.ts'
import { readOrigins } from '../origins.ts'
import { isRepeatable } from '../repeatable.ts'
import { secureUrl } from '../secure-url.ts'
import type { TokenSource } from '../token-source.ts'
import { hideRequest } from './hide-request.ts'

export interface AuthorizedGotOptions {
  /**
   * Origins that are sent the token, such as `https://weather.example`. A request to another, be it by a redirect, goes
   * out as it is, without one.
   */
  readonly origins: readonly string[]
}

/**
 * What `got.extend(…)` takes to send a token with every request, in place of an `Authorization` header of the caller.
 * When the API answers 401, the token is renewed and the request repeated, once; a second 401 is the answer. 403 never
 * renews. Neither a request whose body is a stream nor one of `got.stream` can be repeated: its 401 is the answer, and
 * the next request has a new token. That there is no token is the `cause` of got's RequestError, a TokenError.
 * @throws TokenError `insecure_url` or `invalid_configuration` for origins that make no sense, or a source whose
 *   tokens are bound by DPoP, at once
 */
export function authorizedGot(
  source: TokenSource,
  options: AuthorizedGotOptions,
): Required<Pick<ExtendOptions, 'hooks' | 'handlers'>> {
  assertNotBound(source, 'authorizedGot')
  const origins = readOrigins(options.origins)
  const isOurs = (url: string | URL | undefined) => url !== undefined && origins.has(new URL(url).origin)
  /** The token in place of the one that was sent, which may be long replaced. */
  const replace = async (sent: unknown, signal?: AbortSignal): Promise<AccessToken> => {
    const current = await source.token({ signal })
    return current.authorization === sent ? source.renewToken(current, { signal }) : current
  }
  const authorize: BeforeRequestHook = async (request) => {
    const { url, signal } = request
    if (!isOurs(url)) return
    secureUrl(String(url).split('#', 1)[0] ?? '', 'The URL of the API')
    request.headers.authorization = (await source.token({ signal })).authorization
  }
  const isRefused = ({ statusCode, url }: Response) => statusCode === 401 && isOurs(url)
  const renewIfRefused = (response: Response, sent: unknown) => {
    // The caller gets the 401; that the renewal may fail is the next caller's to know.
    if (isRefused(response)) replace(sent).catch(() => undefined)
  }
  return {
    hooks: {
      beforeRequest: [authorize],
      afterResponse: [
        async (response, retry) => {
          if (!isRefused(response)) return response
          const { headers, body, signal } = response.request.options
          if (!isRepeatable(body)) {
            renewIfRefused(response, headers.authorization)
            return response
          }
          const renewed = await replace(headers.authorization, signal)
          if (renewed.authorization === headers.authorization) return response
          return retry({ headers: { authorization: renewed.authorization } })
        },
      ],
      // The error is the end of the request, and shows its options to whoever prints it.
      beforeError: [
        (error) => {
          if (!('options' in error) || !isOurs(error.options.url)) return error
          const { isStream, headers } = error.options
          // A stream passes no hook after its response.
          if (isStream && error.response !== undefined) renewIfRefused(error.response, headers.authorization)
          delete headers.authorization
          return error
        },
      ],
    },
    handlers: [
      (request, next) => {
        const answer = next(request)
        const listener = (response: Response) => {
          if (request.isStream) renewIfRefused(response, response.request.options.headers.authorization)
          hideRequest(response)
        }
        // Streams and promises have this event, with different types.
        ;(answer as Partial<Request>).on?.('response', listener)
        return answer
      },
    ],
  }
}
