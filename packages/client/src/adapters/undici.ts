import type { Dispatcher } from 'undici'
import type { AccessToken } from '../access-token.ts'
import { assertNotBound } from '../dpop-proofs.ts'
import { TokenError } from '../errors.ts'
import { readOrigins } from '../origins.ts'
import { isRepeatable } from '../repeatable.ts'
import type { TokenSource } from '../token-source.ts'

export interface AuthorizedDispatchOptions {
  /**
   * Origins that are sent the token, such as `https://weather.example`. A request to another goes out as it is, without
   * one: a dispatcher serves many hosts, and a redirect is one more request to it.
   */
  readonly origins: readonly string[]
}

type Headers = Dispatcher.DispatchOptions['headers']

/**
 * An interceptor for `dispatcher.compose(…)` of undici 7 and 8 that sends a token, in place of an `Authorization` header
 * of the caller. When the API answers 401, the token is renewed and the request repeated, once; a second 401 is the
 * answer. 403 never renews. A request whose body is a stream cannot be repeated: its 401 is the answer, and the next
 * request has a new token. That there is no token is the error of the request, a TokenError.
 * @throws TokenError `insecure_url` or `invalid_configuration` for origins that make no sense, or a source whose
 *   tokens are bound by DPoP, at once
 */
export function authorizedDispatch(
  source: TokenSource,
  options: AuthorizedDispatchOptions,
): Dispatcher.DispatcherComposeInterceptor {
  assertNotBound(source, 'authorizedDispatch')
  const origins = readOrigins(options.origins)
  return (dispatch) => (given, handler) => {
    // As it was checked: an origin may be a URL object, which may be changed while a token is waited for.
    const origin = given.origin === undefined ? undefined : new URL(given.origin).origin
    const request = origin === undefined ? given : { ...given, origin }
    const fail = (error: unknown) => handler.onResponseError?.(endedController(error as Error), error as Error)
    if (origin === undefined) {
      fail(
        new TokenError('invalid_configuration', 'The request does not say its origin, which decides about the token'),
      )
      return true
    }
    if (!origins.has(origin)) return dispatch(given, handler)
    const signal = signalOf(request)
    const send = (token: AccessToken, to: Dispatcher.DispatchHandler) => {
      dispatch({ ...request, headers: withAuthorization(request.headers, token.authorization) }, to)
    }
    const renewAndRepeat =
      (token: AccessToken): Renew =>
      async () => {
        const renewed = await source.renewToken(token, { signal })
        return renewed.value === token.value ? undefined : () => send(renewed, handler)
      }
    const renewOnly =
      (token: AccessToken): Renew =>
      async () => {
        // The caller gets the 401; that the renewal may fail is the next caller's to know.
        source.renewToken(token).catch(() => undefined)
        return undefined
      }
    const onRefusal = isRepeatable(request.body) ? renewAndRepeat : renewOnly
    source
      .token({ signal })
      .then((token) => send(token, firstAttempt(handler, onRefusal(token))))
      .catch(fail)
    return true
  }
}

/** Resolves to what repeats the request, or to undefined when the 401 is the answer. */
type Renew = () => Promise<(() => void) | undefined>

/** Bytes of a 401 that are read to keep its connection; a longer one is cut off. */
const maximumDiscarded = 65_536

/** Passes everything on but a 401, which waits until it is known whether the request can be repeated. */
function firstAttempt(handler: Dispatcher.DispatchHandler, renew: Renew): Dispatcher.DispatchHandler {
  let repeat: (() => void) | undefined
  let waiting = false
  let discarded = 0
  const once = () => {
    const next = repeat
    repeat = () => undefined
    next?.()
  }
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onRequestUpgrade?.(controller, status, headers, socket),
    onResponseStart: (controller, status, headers, message) => {
      if (status !== 401) return handler.onResponseStart?.(controller, status, headers, message)
      waiting = true
      controller.pause()
      renew()
        .then((found) => {
          if (!waiting) return
          waiting = false
          repeat = found
          if (found === undefined) handler.onResponseStart?.(controller, status, headers, message)
          controller.resume()
        })
        .catch((error: unknown) => controller.abort(error as Error))
    },
    onResponseData: (controller, chunk) => {
      if (repeat === undefined) return handler.onResponseData?.(controller, chunk)
      discarded += chunk.length
      if (discarded > maximumDiscarded) controller.abort(new Error('The body of a 401 is not of interest'))
    },
    onResponseEnd: (controller, trailers) => {
      if (repeat === undefined) handler.onResponseEnd?.(controller, trailers)
      else once()
    },
    onResponseError: (controller, error) => {
      waiting = false
      // What cut the answer off that nobody will see does not matter, unless the caller did.
      if (repeat !== undefined && discarded > maximumDiscarded) once()
      else handler.onResponseError?.(controller, error)
    },
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
    onResponseStarted: () => handler.onResponseStarted?.(),
  }
}

/** Of a request that was never sent. */
const endedController = (reason: Error): Dispatcher.DispatchController => ({
  aborted: true,
  paused: false,
  reason,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
})

function signalOf(request: Dispatcher.DispatchOptions): AbortSignal | undefined {
  const signal = 'signal' in request ? request.signal : undefined
  return signal instanceof AbortSignal ? signal : undefined
}

/** undici takes headers as an object, as pairs, and as names and values in turn; other interceptors like objects best. */
function withAuthorization(headers: Headers, authorization: string): Record<string, string | string[]> {
  const lines = new Map<string, string | string[]>()
  for (const [name, value] of pairsOf(headers)) {
    const known = lines.get(name)
    if (value === undefined || name.toLowerCase() === 'authorization') continue
    const given = Array.isArray(value) ? value : String(value)
    lines.set(name, known === undefined ? given : [known, given].flat())
  }
  return Object.fromEntries(lines.set('authorization', authorization))
}

type Pair = readonly [name: string, value: string | string[] | number | undefined]

function pairsOf(headers: Headers): readonly Pair[] {
  if (headers === undefined || headers === null) return []
  if (!(Symbol.iterator in headers)) return Object.entries(headers)
  const list: readonly (string | Pair)[] = [...headers]
  if (typeof list[0] !== 'string') return list as readonly Pair[]
  const flat = list as readonly string[]
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]] as const] : []))
}
