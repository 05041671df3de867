import { decodeBase64url, decodeBase64urlText } from './base64url.ts'
import { parseStrictObject } from './strict-json.ts'

/** A JWS in compact serialization, taken apart and not verified (RFC 7515 §7.1). */
export interface Jws {
  readonly header: Readonly<Record<string, unknown>>
  /** The payload in base64url. */
  readonly payload: string
  /** What is signed: header and payload as they were sent. */
  readonly signingInput: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** Whether a token is three parts, which is all that can be said without decoding it. The payload may be empty. */
function hasThreeParts(token: string): boolean {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  return first > 0 && second > first && second < token.length - 1 && !token.includes('.', second + 1)
}

/** Whether a token is a JWT by its look: three parts, the first of which is base64url of something that begins with `{`. */
export const looksLikeJwt = (token: string): boolean => /^e[w-z0-9_-]/.test(token) && hasThreeParts(token)

/**
 * Takes a JWS apart. Each part has one spelling and each name one value, or there is none.
 * @throws SyntaxError or TypeError that says what is wrong with it
 */
export function parseJws(token: string): Jws {
  if (!hasThreeParts(token)) throw new SyntaxError('A JWS has three parts')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  return {
    header: parseStrictObject(decodeBase64urlText(token.slice(0, first))),
    payload: token.slice(first + 1, second),
    signingInput: token.slice(0, second),
    signature: decodeBase64url(token.slice(second + 1)),
  }
}

/** A JWT whose claims are a JSON object, taken apart and not verified (RFC 7519 §7.2). */
export interface Jwt extends Jws {
  readonly claims: Readonly<Record<string, unknown>>
}

/** @throws SyntaxError or TypeError that says what is wrong with it */
export function parseJwt(token: string): Jwt {
  const jws = parseJws(token)
  return { ...jws, claims: parseStrictObject(decodeBase64urlText(jws.payload)) }
}
