import {
  Axios,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
  isAxiosError,
} from 'axios'
import type { AccessToken } from '../access-token.ts'
import { assertNotBound } from '../dpop-proofs.ts'
import { readOrigins } from '../origins.ts'
import { isRepeatable } from '../repeatable.ts'
import { secureUrl } from '../secure-url.ts'
import type { TokenSource } from '../token-source.ts'
import { hideRequest } from './hide-request.ts'

export interface AuthorizedAxiosOptions {
  /**
   * Origins that are sent the token, such as `https://weather.example`. A request to another goes out as it is, without
   * one, be it by an absolute URL that overrides `baseURL`, or by a redirect.
   */
  readonly origins: readonly string[]
}

/**
 * Makes an instance of axios send a token with its requests, in place of an `Authorization` header or `auth` of the
 * caller. When the API answers 401, the token is renewed and the request repeated, once; a second 401 is the answer. 403
 * never renews. A request whose data is a stream cannot be repeated: its 401 is the answer, and the next request has a
 * new token. The token is added below all interceptors, in the instance's adapter, and shows in no `config`, response or
 * error of axios; a request with an `adapter` of its own is not sent one.
 * @returns the instance that was given
 * @throws TokenError `insecure_url` or `invalid_configuration` for origins that make no sense, or a source whose
 *   tokens are bound by DPoP, at once
 */
export function authorizeAxios<Instance extends AxiosInstance>(
  instance: Instance,
  source: TokenSource,
  options: AuthorizedAxiosOptions,
): Instance {
  assertNotBound(source, 'authorizeAxios')
  const origins = readOrigins(options.origins)
  const { adapter } = instance.defaults
  instance.defaults.adapter = async (config) => {
    const send = getAdapter(adapter, config)
    const uri = withoutFragment(withoutDefaults.getUri(config))
    const original = { ...config, ...(adapter === undefined ? {} : { adapter }) }
    if (!URL.canParse(uri) || !origins.has(new URL(uri).origin)) return send(original)
    const { origin, protocol } = secureUrl(uri, 'The URL of the API')
    // Plain http is for this machine: what it is sent goes through no proxy of the environment.
    if (protocol === 'http:') original.proxy ??= false
    const attempt = (token: AccessToken) => answer(send, original, token, origin)
    const signal = config.signal instanceof AbortSignal ? config.signal : undefined
    const token = await source.token({ signal })
    const first = await attempt(token)
    if (first.response.status !== 401 || first.left) return settle(first, config)
    if (!isRepeatable(config.data)) {
      // The caller gets the 401; that the renewal may fail is the next caller's to know.
      source.renewToken(token).catch(() => undefined)
      return settle(first, config)
    }
    const renewed = await source.renewToken(token, { signal })
    if (renewed.value === token.value) return settle(first, config)
    await discard(first.response.data)
    return settle(await attempt(renewed), config)
  }
  return instance
}

/** What reads the URL as the adapters of axios do, which add no defaults of an instance to what interceptors have left. */
const withoutDefaults = new Axios({})

type Adapter = (config: InternalAxiosRequestConfig) => Promise<AxiosResponse>
interface Answer {
  readonly response: AxiosResponse
  /** Whether a redirect led to another origin, where the token did not go. */
  readonly left: boolean
  /** What axios makes of a status that `validateStatus` does not take. */
  readonly error?: Error
}

async function answer(
  send: Adapter,
  config: InternalAxiosRequestConfig,
  token: AccessToken,
  origin: string,
): Promise<Answer> {
  const headers = config.headers.concat()
  headers.set('Authorization', token.authorization, true)
  const { auth: _, ...rest } = config
  let left = false
  // What axios follows redirects with keeps the token for subdomains; it is for one origin.
  const beforeRedirect: typeof config.beforeRedirect = (request, ...details) => {
    left ||= strip(request as RedirectedRequest, origin)
    config.beforeRedirect?.(request, ...details)
  }
  try {
    const response = await send({ ...rest, headers, beforeRedirect })
    return { response, left }
  } catch (error) {
    if (!isAxiosError(error)) throw error
    if (error.response !== undefined) return { response: error.response, left, error }
    throw withoutToken(error, config)
  }
}

function settle({ response, error }: Answer, config: InternalAxiosRequestConfig): AxiosResponse {
  withoutToken(response, config)
  if (isNodeStream(response.data)) hideRequest(response.data)
  if (error !== undefined) throw withoutToken(error, config)
  return response
}

/**
 * Gives an answer or error of axios the caller's own configuration, and hides the request, whose header has the token,
 * from everything that prints.
 */
function withoutToken<Value extends object>(value: Value, config: InternalAxiosRequestConfig): Value {
  const request: unknown = 'request' in value ? value.request : undefined
  Object.defineProperty(value, 'request', { value: request, enumerable: false, writable: true, configurable: true })
  // Some releases of axios wrap their own errors.
  const parts = isAxiosError(value) ? [value.response, isAxiosError(value.cause) ? value.cause : undefined] : []
  for (const part of parts) if (part !== undefined && part.config !== config) withoutToken(part, config)
  return Object.assign(value, { config })
}

interface RedirectedRequest {
  readonly href?: string
  readonly headers: Record<string, unknown>
}

/** Takes the token off a request that goes to another origin, and says whether it does. */
function strip({ href, headers }: RedirectedRequest, origin: string): boolean {
  if (href !== undefined && new URL(href).origin === origin) return false
  for (const name of Object.keys(headers)) if (name.toLowerCase() === 'authorization') delete headers[name]
  return true
}

/** A stream is the answer of Node itself; of what an API says nothing is hidden, whatever its names. */
const isNodeStream = (data: unknown): data is object =>
  typeof data === 'object' && data !== null && 'pipe' in data && typeof data.pipe === 'function'

async function discard(data: unknown): Promise<void> {
  if (data instanceof ReadableStream) return data.cancel()
  if (typeof data === 'object' && data !== null && 'destroy' in data && typeof data.destroy === 'function')
    data.destroy()
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? ''
}
