import { type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'

type Algorithm = { readonly hash: string | null; readonly key: string }

/** Algorithms a certificate or a revocation list may be signed by: none with MD5 or SHA-1, which can be forged. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.11': { hash: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', key: 'rsa' },
  '1.2.840.10045.4.3.2': { hash: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', key: 'ec' },
  '1.3.101.112': { hash: null, key: 'ed25519' },
  '1.3.101.113': { hash: null, key: 'ed448' },
}
/** RSASSA-PSS, which says its hash in parameters; without them it is SHA-1 (RFC 4055 §3.1). */
export const rsaPss = '1.2.840.113549.1.1.10'
/** SHA-256, SHA-384 and SHA-512. */
const strongHashes = ['2.16.840.1.101.3.4.2.1', '2.16.840.1.101.3.4.2.2', '2.16.840.1.101.3.4.2.3']
const leastRsaBits = 2048

/** Whether a key is of a kind and size that nobody can find the private part of. */
export const isStrongKey = (key: KeyObject): boolean => {
  const type = key.asymmetricKeyType ?? ''
  if (!type.startsWith('rsa')) return ['ec', 'ed25519', 'ed448'].includes(type)
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits
}

/**
 * Whether signatures of an algorithm by a key are worth anything.
 * @param pssHash identifier of the hash that the parameters of RSASSA-PSS name
 */
export const isStrong = (algorithm: string, key: KeyObject, pssHash = ''): boolean =>
  isStrongKey(key) &&
  (algorithm === rsaPss
    ? key.asymmetricKeyType?.startsWith('rsa') === true && strongHashes.includes(pssHash)
    : algorithms[algorithm]?.key === key.asymmetricKeyType)

/** Whether a key signed bytes; false for algorithms we do not take. */
export const verifySigned = (algorithm: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean => {
  const known = algorithms[algorithm]
  if (known === undefined || !isStrong(algorithm, key)) return false
  const input: VerifyKeyObjectInput = { key }
  return verify(known.hash, data, input, signature)
}
