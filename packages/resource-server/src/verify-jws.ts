import { OAuthError } from '@mintmark/protocol'
import type { Jws } from './jws.ts'
import type { WantedKey } from './key-set.ts'
import { invalidToken } from './refusals.ts'
import type { KeySource } from './remote-keys.ts'
import { type Algorithm, isAlgorithm } from './signature-algorithm.ts'
import type { VerificationKey } from './verification-key.ts'
import { shown } from './verified-token.ts'

export interface JwsVerification {
  readonly keys: KeySource
  readonly algorithms: readonly Algorithm[]
}

/**
 * Verifies the signature of a JWS by a key of the source, and by nothing that it brings along: `jwk`, `jku`, `x5u` and
 * `x5c` are not read. A key that is not there is looked for once more.
 * @returns the key that signed it
 * @throws OAuthError `invalid_token`, or `temporarily_unavailable` when there are no keys to decide with
 */
export async function verifyJws(jws: Jws, { keys: source, algorithms }: JwsVerification): Promise<VerificationKey> {
  const wanted = wantedKey(jws, algorithms)
  const keys = source.atHand() ?? (await source.current())
  const key = keys.select(wanted) ?? (await source.newerThan(keys))?.select(wanted)
  if (key === undefined) throw invalidToken('unknown-key', { received: shown(wanted.kid) })
  if (await isSignedBy(key, jws)) return key
  throw invalidToken('signature')
}

// Whoever sets one of these means that a reader who does not know it must not go on (RFC 7515 §4.1.11, RFC 7797 §6),
// or a payload that is not what it looks like.
const refusedParameters = ['crit', 'b64', 'zip']

function wantedKey({ header }: Jws, algorithms: readonly Algorithm[]): WantedKey {
  const { alg, kid } = header
  if (!isAlgorithm(alg) || !algorithms.includes(alg)) {
    throw invalidToken('algorithm', { expected: algorithms.join(' '), received: shown(alg) })
  }
  for (const name of refusedParameters) {
    if (Object.hasOwn(header, name)) throw invalidToken(`header-${name}`, { received: shown(header[name]) })
  }
  if (kid !== undefined && typeof kid !== 'string') throw invalidToken('header-kid', { received: shown(kid) })
  return { kid, algorithm: alg }
}

async function isSignedBy(key: VerificationKey, { signingInput, signature }: Jws): Promise<boolean> {
  try {
    return await key.verify(signingInput, signature)
  } catch (cause) {
    // A key that the platform cannot use: the token stays unproven.
    throw cause instanceof OAuthError ? cause : invalidToken('key-unusable', { cause })
  }
}
