import { TokenError } from './errors.ts'

/** Whether a URL's host is this machine: `localhost`, its subdomains, 127.0.0.0/8 or ::1. */
export function isLoopback(url: URL): boolean {
  const { hostname } = url
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  )
}

/**
 * Reads an absolute URL that may be sent credentials or trusted for keys: https, or http to this machine.
 * @param what names the URL in the error
 * @throws TokenError `insecure_url`
 */
export function secureUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new TokenError('insecure_url', `${what} is not an absolute URL`)
  if (url.username !== '' || url.password !== '') throw new TokenError('insecure_url', `${what} has a user name in it`)
  if (url.hash !== '') throw new TokenError('insecure_url', `${what} has a fragment`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url
  throw new TokenError('insecure_url', `${what} must be https, or http to this machine`)
}
