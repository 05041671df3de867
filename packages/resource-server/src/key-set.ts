import { isJsonObject } from '@mintmark/client/transport'
import { maximumKidLength, type PublicJwk, publicJwk } from './public-jwk.ts'
import { invalidToken } from './refusals.ts'
import { type Algorithm, isSameAlgorithm } from './signature-algorithm.ts'
import { signatureVerifier } from './signature-verifier.ts'
import { type VerificationKey, verificationKey } from './verification-key.ts'

/** The keys of an issuer at one moment. */
export interface KeySet {
  /**
   * The key a JWS was signed with by its word.
   * @returns undefined when the set does not have it
   * @throws OAuthError `invalid_token` when the set has it and it cannot be used for this
   */
  select(wanted: WantedKey): VerificationKey | undefined
  /** Whether a key, selected from this set or an earlier one, is in it. */
  has(key: VerificationKey): boolean
}

export interface WantedKey {
  readonly kid: string | undefined
  readonly algorithm: Algorithm
}

/** A key of the set with the text that tells it from others, or why it is none. */
type Entry =
  | { readonly kid: string | undefined; readonly text: string; readonly key: VerificationKey }
  | { readonly kid: string | undefined; readonly text?: undefined; readonly problem: unknown }

const maximumKeys = 100
// RFC 7518 §6, RFC 8037 §2, and `priv` of the keys of RFC 9864's successors for post-quantum signatures.
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Reads key sets one after the other. A key that stays keeps its identity, and with it the tokens it has verified. */
export function keySetReader(
  allowed: readonly Algorithm[],
  verifierFor = signatureVerifier,
): (json: unknown) => KeySet {
  let known: ReadonlyMap<string, VerificationKey> = new Map()
  /** @throws TypeError when it is not a set of public keys */
  return (json) => {
    const entries = publicKeys(json).map((jwk) =>
      readEntry(jwk, known, (read) => verificationKey(read, allowed, verifierFor)),
    )
    known = new Map(entries.flatMap((entry) => ('key' in entry ? [[entry.text, entry.key] as const] : [])))
    return keySet(entries)
  }
}

function publicKeys(json: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isJsonObject(json) || !Array.isArray(json.keys)) throw new TypeError('The key set is not a JSON Web Key Set')
  if (json.keys.length > maximumKeys) throw new TypeError(`The key set has more than ${maximumKeys} keys`)
  for (const key of json.keys) {
    // A secret or private key in a published set: whoever reads the set could sign (RFC 7517 §9.2).
    if (!isJsonObject(key) || key.kty === 'oct' || secretMembers.some((member) => Object.hasOwn(key, member))) {
      throw new TypeError('The key set has something else than public keys')
    }
  }
  // Keys for encryption are no business of ours and may share a `kid` with one for signatures.
  return json.keys.filter(({ use }) => use !== 'enc')
}

function readEntry(
  json: Readonly<Record<string, unknown>>,
  known: ReadonlyMap<string, VerificationKey>,
  keyOf: (jwk: PublicJwk) => VerificationKey,
): Entry {
  const kid = typeof json.kid === 'string' && json.kid.length <= maximumKidLength ? json.kid : undefined
  try {
    const jwk = publicJwk(json)
    const text = JSON.stringify(jwk)
    return { kid, text, key: known.get(text) ?? keyOf(jwk) }
  } catch (problem) {
    // One key that cannot be used does not spoil the others (RFC 7517 §5).
    return { kid, problem }
  }
}

function keySet(entries: readonly Entry[]): KeySet {
  const keys = new Set(entries.flatMap((entry) => ('key' in entry ? [entry.key] : [])))
  return {
    select: ({ kid, algorithm }) => {
      const candidates = entries.filter((entry) => (kid === undefined ? fits(entry, algorithm) : entry.kid === kid))
      const [entry] = candidates
      if (entry === undefined) return undefined
      if (candidates.length > 1) throw invalidToken('ambiguous-key')
      if (!('key' in entry)) throw invalidToken('key-unusable', { cause: entry.problem })
      if (!fits(entry, algorithm)) {
        throw invalidToken('key-algorithm', { expected: entry.key.algorithm, received: algorithm })
      }
      return entry.key
    },
    has: (key) => keys.has(key),
  }
}

const fits = (entry: Entry, algorithm: Algorithm): boolean =>
  'key' in entry && isSameAlgorithm(entry.key.algorithm, algorithm)
