import { AccessToken } from '../access-token.ts'
import { type Clock, momentOf } from '../clock.ts'
import { type IssuedToken, isUsable } from '../issued-token.ts'
import { isJsonObject } from '../request-json.ts'
import type { StoredToken } from './token-store.ts'

const saltLength = 16
const nonceLength = 12
/** Milliseconds by which the wall clock may have been set back unnoticed; anything older than that is from the future. */
const tolerance = 1_000
const encoder = new TextEncoder()

/**
 * Seals a token for a cache: AES-256-GCM under a key that HKDF-SHA-256 derives from the secret and a fresh salt. The
 * name it is stored under is sealed in, so that it opens under no other.
 * @returns salt, nonce and ciphertext with its tag
 */
export async function sealToken(
  { token, askedAt, forRefused }: IssuedToken,
  name: string,
  secret: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { value, scopes, lifetime } = token
  const plain = encoder.encode(JSON.stringify({ value, scopes, lifetime, askedAt: askedAt.wall, forRefused }))
  const head = crypto.getRandomValues(new Uint8Array(saltLength + nonceLength))
  const key = await deriveKey(secret, head.subarray(0, saltLength), 'encrypt')
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(head, name), key, plain))
  const content = new Uint8Array(head.length + sealed.length)
  content.set(head)
  content.set(sealed, head.length)
  return content
}

/**
 * Opens what {@link sealToken} made.
 * @returns undefined for anything else, and for a token with too little time left
 */
export async function openToken(
  { content, age = 0 }: StoredToken,
  name: string,
  secret: string,
  clock: Clock,
): Promise<IssuedToken | undefined> {
  const head = content.subarray(0, saltLength + nonceLength)
  if (head.length < saltLength + nonceLength) return undefined
  let plain: unknown
  try {
    const key = await deriveKey(secret, head.subarray(0, saltLength), 'decrypt')
    const bytes = await crypto.subtle.decrypt(parameters(head, name), key, content.subarray(head.length))
    plain = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const issued = readToken(plain, age, clock)
  return issued !== undefined && isUsable(issued, clock) ? issued : undefined
}

function readToken(plain: unknown, age: number, clock: Clock): IssuedToken | undefined {
  if (!isJsonObject(plain)) return undefined
  const { value, scopes, lifetime, askedAt, forRefused } = plain
  if (typeof value !== 'string' || typeof lifetime !== 'number' || typeof askedAt !== 'number') return undefined
  if (!Array.isArray(scopes)) return undefined
  const { wall, monotonic } = momentOf(clock)
  // From the future: the clock has been set back since, and nobody knows how old the token is.
  if (askedAt > wall + tolerance) return undefined
  const elapsed = Math.max(0, wall - askedAt, age)
  return {
    token: new AccessToken({ value, scopes, lifetime, expiresAt: wall - elapsed + lifetime * 1_000 }),
    askedAt: { monotonic: monotonic - elapsed, wall: wall - elapsed },
    forRefused: forRefused === true,
    from: 'cache',
  }
}

const parameters = (head: Uint8Array<ArrayBuffer>, name: string) => ({
  name: 'AES-GCM',
  iv: head.subarray(saltLength),
  additionalData: encoder.encode(name),
})

async function deriveKey(secret: string, salt: Uint8Array<ArrayBuffer>, use: 'encrypt' | 'decrypt') {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  const info = encoder.encode('mintmark shared token cache 1')
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info }
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, [use])
}

/** What a token is stored under: a digest, in hexadecimal, of all that it depends on. */
export async function cacheName(parts: readonly unknown[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(JSON.stringify(parts)))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
