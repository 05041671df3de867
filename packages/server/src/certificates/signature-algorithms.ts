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
/** RSASSA-PSS says its hash in parameters, which the platform reads when it verifies a certificate. */
const rsaPss = '1.2.840.113549.1.1.10'
const leastRsaBits = 2048

const isStrongKey = (key: KeyObject): boolean => {
  const type = key.asymmetricKeyType ?? ''
  if (!type.startsWith('rsa')) return ['ec', 'ed25519', 'ed448'].includes(type)
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits
}

/** Whether signatures of an algorithm by a key are worth anything. */
export const isStrong = (algorithm: string, key: KeyObject): boolean =>
  isStrongKey(key) &&
  (algorithm === rsaPss
    ? key.asymmetricKeyType?.startsWith('rsa') === true
    : algorithms[algorithm]?.key === key.asymmetricKeyType)

/** Whether a key signed bytes; false for algorithms we do not take. */
export const verifySigned = (algorithm: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean => {
  const known = algorithms[algorithm]
  if (known === undefined || !isStrong(algorithm, key)) return false
  const input: VerifyKeyObjectInput = { key }
  return verify(known.hash, data, input, signature)
}
