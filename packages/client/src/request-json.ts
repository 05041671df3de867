import { TokenError } from './errors.ts'

export interface JsonRequest {
  readonly url: URL
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until the whole answer must be here. */
  readonly timeout: number
  /** Larger answers are refused. Default 1 MiB. */
  readonly maximumBytes?: number
  readonly fetch: typeof globalThis.fetch
}

export interface JsonResponse {
  readonly status: number
  readonly headers: Headers
  /** The parsed body; undefined when it is not JSON. */
  readonly json: unknown
  /** The body as it came. */
  readonly text: string
}

/** Bytes of an answer beyond which it is refused, unless the request says otherwise: 1 MiB. */
export const maximumResponseBytes = 1_048_576

/**
 * Sends one request and reads a JSON answer of bounded size. Redirects are never followed, since the request may
 * carry a credential.
 * @throws TokenError `unreachable`, `timeout`, `redirect_refused`, `invalid_response` (too large)
 */
export async function requestJson(request: JsonRequest): Promise<JsonResponse> {
  const { url } = request
  // Not `request.fetch(…)`: some runtimes refuse a `fetch` with a foreign `this`.
  const { fetch } = request
  const signal = AbortSignal.timeout(request.timeout)
  try {
    const response = await fetch(url.href, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', ...request.headers },
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel()
      throw new TokenError('redirect_refused', `${url.origin} answered with a redirect, which is not followed`, {
        status: response.status,
      })
    }
    const text = await readText(response, url, request.maximumBytes ?? maximumResponseBytes)
    return { status: response.status, headers: response.headers, json: parse(text, response), text }
  } catch (error) {
    if (error instanceof TokenError) throw error
    if (signal.aborted) {
      throw new TokenError('timeout', `${url.origin} did not answer within ${request.timeout} ms`)
    }
    // The error of a fetch may hold the request, headers included; only the system's word for it is passed on.
    const word = systemCode(error)
    const why = word === undefined ? '' : ` (${word})`
    if (word !== undefined && certificateTrouble.test(word)) {
      throw new TokenError('untrusted_certificate', `The certificate of ${url.origin} is not trusted${why}`)
    }
    throw new TokenError('unreachable', `${url.origin} could not be reached${why}`)
  }
}

async function readText(response: Response, url: URL, maximum: number): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    bytes += piece.value.byteLength
    if (bytes > maximum) {
      await reader.cancel()
      throw new TokenError('invalid_response', `${url.origin} answered with more than ${maximum} bytes`, {
        status: response.status,
      })
    }
    text += decoder.decode(piece.value, { stream: true })
  }
  return text + decoder.decode()
}

function parse(text: string, response: Response): unknown {
  const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^application\/(?:[a-z0-9.!#$&^_-]+\+)?json$/.test(type)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What OpenSSL's and Node's words for a certificate that does not do have in common. */
const certificateTrouble = /CERT|SIGNED|ALTNAME|UNABLE_TO_VERIFY|ISSUER/

function systemCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{1,50}$/.test(code) ? code : undefined
}

/** Whether a value is a JSON object. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The seconds of a `Retry-After` header (RFC 9110 §10.2.3). A date is counted from the `Date` of the answer, so that
 * the two clocks need not agree, or else from our own.
 * @param currentTime milliseconds since 1970
 */
export function retryAfter(headers: Headers, currentTime: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const until = httpDate(value)
  if (until === undefined) return undefined
  return Math.max(0, Math.ceil((until - (httpDate(headers.get('date') ?? '') ?? currentTime)) / 1_000))
}

/** Milliseconds since 1970 of an HTTP date in the form that servers must write (RFC 9110 §5.6.7). */
function httpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
