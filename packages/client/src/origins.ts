import { TokenError } from './errors.ts'
import { secureUrl } from './secure-url.ts'

/**
 * Reads the origins that may be sent a token, such as `https://weather.example`: https, or http to this machine; no path.
 * @throws TokenError `insecure_url`, or `invalid_configuration` when there is none or one has more than an origin
 */
export function readOrigins(origins: readonly string[]): ReadonlySet<string> {
  const read = origins.map((text) => {
    const url = secureUrl(text, 'An origin that may be sent a token')
    if (url.href !== `${url.origin}/`) {
      throw new TokenError('invalid_configuration', 'An origin that may be sent a token has a path or a query')
    }
    return url.origin
  })
  if (read.length > 0) return new Set(read)
  throw new TokenError('invalid_configuration', 'No origin may be sent a token')
}
