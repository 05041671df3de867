import { TokenError } from '../errors.ts'
import { isJsonObject, type JsonResponse, requestJson } from '../request-json.ts'
import { isLoopback } from '../secure-url.ts'

/** Metadata services speak plain http at addresses that no router passes on. */
const metadataHosts = /^(?:169\.254\.\d{1,3}\.\d{1,3}|metadata\.google\.internal|metadata|\[fd00:ec2::[0-9a-f]+\])$/

/**
 * Reads the URL of a service of the platform: https, or http to this machine or a metadata service of it.
 * @throws TokenError `insecure_url`
 */
export function platformUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new TokenError('insecure_url', `${what} is not an absolute URL`)
  const plain = url.protocol === 'http:' && (isLoopback(url) || metadataHosts.test(url.hostname))
  if (url.protocol === 'https:' || plain) return url
  throw new TokenError('insecure_url', `${what} must be https, or http to this machine or its metadata service`)
}

export interface PlatformRequest {
  /** Names the service in errors. */
  readonly what: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly method?: 'GET' | 'POST'
  readonly body?: string
  readonly fetch: typeof globalThis.fetch | undefined
}

/** Milliseconds a service of the platform may take: it is near. */
const timeout = 5_000

/**
 * Asks a service of the platform; what it answers other than 200 is never passed on.
 * @throws TokenError `unavailable` when it may work later, `secret_unavailable`, and those of a request
 */
export async function askPlatform(request: PlatformRequest): Promise<JsonResponse> {
  const { what, fetch = globalThis.fetch, ...rest } = request
  const answer = await requestJson({ ...rest, fetch, timeout, maximumBytes: 65_536 })
  if (answer.status === 200) return answer
  const code = answer.status === 429 || answer.status >= 500 ? 'unavailable' : 'secret_unavailable'
  throw new TokenError(code, `${what} answered ${answer.status}`, { status: answer.status })
}

/** A member of a JSON answer that is a text. @throws TokenError `secret_unavailable` */
export function textMember({ json }: JsonResponse, name: string, what: string): string {
  const value = isJsonObject(json) ? json[name] : undefined
  if (typeof value === 'string' && value !== '') return value
  throw new TokenError('secret_unavailable', `${what} answered without ${name}`)
}
