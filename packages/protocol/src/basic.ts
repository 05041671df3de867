import { decodeFormComponent, encodeFormComponent } from './form.ts'
import { OAuthError } from './oauth-error.ts'
import { quotedString } from './quoted-string.ts'

export interface BasicCredentials {
  readonly id: string
  readonly secret: string
}

const malformed = (cause?: unknown) =>
  new OAuthError('invalid_request', 'The Authorization header is not well-formed.', { check: 'basic-malformed', cause })

const scheme = /^basic(?: |$)/i
// RFC 9110 §11.6.2 token68, narrowed to what base64 with padding can be.
const credentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/**
 * Reads an `Authorization` header of HTTP Basic (RFC 6749 §2.3.1): base64 with padding, the first colon splits, both
 * sides are form-decoded. The secret may be empty, the identifier may not.
 * @returns undefined when the scheme is not Basic
 * @throws OAuthError `invalid_request`, check `basic-malformed`
 */
export function readBasic(header: string): BasicCredentials | undefined {
  const match = credentials.exec(header)
  const encoded = match?.[1]
  if (encoded === undefined) {
    if (scheme.test(header)) throw malformed()
    return undefined
  }
  const pair = decodeBase64(encoded)
  const colon = pair.indexOf(':')
  if (colon < 1) throw malformed()
  try {
    return { id: decodeFormComponent(pair.slice(0, colon)), secret: decodeFormComponent(pair.slice(colon + 1)) }
  } catch (cause) {
    throw malformed(cause)
  }
}

/** Writes the `Authorization` header of HTTP Basic, the counterpart of {@link readBasic}. */
export function writeBasic(id: string, secret: string): string {
  return `Basic ${btoa(`${encodeFormComponent(id)}:${encodeFormComponent(secret)}`)}`
}

/** The `WWW-Authenticate` value that goes with a 401 (RFC 7617 §2). */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quotedString(realm)}`
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is what is meant
const ascii = /^[\x00-\x7f]*$/

function decodeBase64(encoded: string): string {
  if (encoded.length % 4 !== 0) throw malformed()
  const binary = atob(encoded)
  // Several texts decode to the same bytes when unused bits are set; only the canonical one is taken.
  if (btoa(binary) !== encoded) throw malformed()
  if (ascii.test(binary)) return binary
  // Clients that skip form-encoding send raw UTF-8 (RFC 7617 §2.1).
  try {
    return utf8.decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
  } catch (cause) {
    throw malformed(cause)
  }
}
