import { parseJws } from '../src/jws.ts'
import { keySetReader } from '../src/key-set.ts'
import { givenKeys } from '../src/remote-keys.ts'
import { type Algorithm, isAlgorithm, signatureAlgorithms } from '../src/signature-algorithm.ts'
import { nodeVerifier, signatureVerifier, webVerifier } from '../src/signature-verifier.ts'
import { verifyJws } from '../src/verify-jws.ts'

export const everyAlgorithm: readonly Algorithm[] = Object.keys(signatureAlgorithms).filter(isAlgorithm)

/** The two ways in which signatures are verified: what the platform of this run has chosen is one of them. */
export const verifiers: Readonly<Record<string, typeof signatureVerifier>> = {
  'node:crypto': (algorithm, key) => nodeVerifier(process.getBuiltinModule('node:crypto'), algorithm, key),
  WebCrypto: webVerifier,
}

/**
 * Verifies a JWS in compact serialization by the functions that every token goes through, with a key set of the test.
 * @param keys a JWK set, or one JWK
 */
export async function verifyCompact(
  token: string,
  keys: unknown,
  { algorithms = everyAlgorithm, verifierFor = signatureVerifier } = {},
): Promise<void> {
  const isSet = typeof keys === 'object' && keys !== null && 'keys' in keys
  const set = keySetReader(algorithms, verifierFor)(isSet ? keys : { keys: [keys] })
  await verifyJws(parseJws(token), { keys: givenKeys(set), algorithms })
}
