import type { ApiRequest } from '../api-request.ts'
import type { RefusalResponse } from '../challenge.ts'

/** What of a `Request` the decision needs. Repeated lines of a header arrive joined by commas. */
export function webRequest({ method, url, headers }: Request): ApiRequest {
  const header = (name: string) => {
    const value = headers.get(name)
    return value === null ? [] : [value]
  }
  return { method, url, header }
}

export const webResponse = ({ status, headers, body }: RefusalResponse): Response =>
  new Response(body, { status, headers })
