import { Agent, type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { OptionError } from '../operation/option-error.ts'
import type { HeaderLines } from './hop-by-hop.ts'

/** The API behind the proxy. */
export type Upstream = {
  /** As its `Host` header says it. */
  readonly host: string
  readonly open: (method: string, target: string, headers: HeaderLines, own?: boolean) => ClientRequest
  readonly close: () => void
}

/**
 * Connections to the API are kept and used again.
 * @param url http or https, without path, query and user
 * @throws OptionError for any other URL
 */
export const createUpstream = (url: string): Upstream => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const { protocol, hostname, port, host, origin } = parsed ?? new URL('none:')
  if ((protocol !== 'http:' && protocol !== 'https:') || (url !== origin && url !== `${origin}/`)) {
    throw new OptionError(`${url} is not an http or https URL without a path, such as http://127.0.0.1:8080`)
  }
  const settings = { keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' } as const
  const secure = protocol === 'https:'
  const agent = secure ? new TlsAgent(settings) : new Agent(settings)
  const request = secure ? httpsRequest : httpRequest
  const place = {
    // An IPv6 address has brackets in a URL only.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
  }
  return {
    host,
    open: (method, path, headers, own = false) =>
      request({ ...place, method, path, headers: headers as string[], agent: own ? false : agent, setHost: false }),
    close: () => agent.destroy(),
  }
}
