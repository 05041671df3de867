import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { accessTokenPrefix, clientSecretPrefix, recognise } from '@mintmark/protocol'
import { failed } from '../failure.ts'

/** What leaked, as far as its form tells, without what would be too much to send. */
export type Leak =
  /** A generated secret: its digest names it, and the secret itself goes nowhere. */
  | { readonly kind: 'secret'; readonly shown: string; readonly digest: string }
  | { readonly kind: 'chosen-secret'; readonly shown: string; readonly secret: string }
  | { readonly kind: 'token'; readonly shown: string; readonly token: string }
  | { readonly kind: 'jti'; readonly shown: string; readonly jti: string }
  /** A private key: only its public half is sent. */
  | { readonly kind: 'key'; readonly shown: string; readonly jwk: Readonly<Record<string, unknown>> }

type JsonObject = Readonly<Record<string, unknown>>

const ends = (text: string): string => `${text.slice(0, 7)}…${text.slice(-4)}`

const asJson = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** The public half of a key in PEM or as a JWK. @throws CommandFailure when it is none */
const readKey = (key: string | JsonObject): Leak => {
  const written = typeof key === 'string' ? key : { key: key as never, format: 'jwk' as const }
  const isPrivate = typeof key === 'string' ? key.includes('PRIVATE KEY') : 'd' in key
  try {
    const exported = (isPrivate ? createPublicKey(createPrivateKey(written)) : createPublicKey(written)).export({
      format: 'jwk',
    })
    const jwk = Object.fromEntries(Object.entries(exported))
    return { kind: 'key', shown: `${isPrivate ? 'private' : 'public'} key ${String(jwk.kty)}`, jwk }
  } catch {
    throw failed('this looks like a key and cannot be read as one; of a key in a password take the password off first')
  }
}

/**
 * Tells what a text is by its form: a generated secret or an opaque token by prefix and checksum, a JWT, a key in PEM or as
 * a JWK, the `jti` of a token; anything else counts as a chosen secret.
 * @throws CommandFailure failed for what is a part of something, and for an empty text
 */
export const readLeak = (given: string): Leak => {
  const text = given.trim().replace(/^Bearer +/i, '')
  if (text === '') throw failed('there is nothing to look for: it is empty')
  const kind = recognise(text)
  if (kind === 'client_secret') {
    return { kind: 'secret', shown: ends(text), digest: createHash('sha256').update(text).digest('base64url') }
  }
  if (kind === 'access_token') return { kind: 'token', shown: ends(text), token: text }
  if (text.startsWith(clientSecretPrefix) || text.startsWith(accessTokenPrefix)) {
    throw failed(`${text.slice(0, 7)}… is not whole: its checksum is wrong`)
  }
  if (text.startsWith('-----BEGIN ')) return readKey(text)
  const json = asJson(text)
  if (json !== undefined && typeof json.kty === 'string') return readKey(json)
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return { kind: 'token', shown: `JWT …${text.slice(-4)}`, token: text }
  if (/^[0-9A-Za-z]{6,32}\.[\w-]{22}$/.test(text)) return { kind: 'jti', shown: text, jti: text }
  // Nothing of a secret that a person chose is shown: its end may be most of it.
  return { kind: 'chosen-secret', shown: 'chosen secret', secret: text }
}
