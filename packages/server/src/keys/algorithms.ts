import { constants, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlgorithm } from '../domain/api.ts'

const generate = promisify(generateKeyPair)

type Algorithm = {
  /** Makes a private key of the strength we allow (RFC 7518 §3; RSA has 2048 bits or more, RFC 9700). */
  readonly generate: () => Promise<KeyObject>
  /** Hash for `crypto.sign`; none for EdDSA, which hashes by itself. */
  readonly hash: 'sha256' | null
  readonly options: { readonly dsaEncoding?: 'ieee-p1363'; readonly padding?: number; readonly saltLength?: number }
}

const rsa = async (): Promise<KeyObject> => (await generate('rsa', { modulusLength: 2048 })).privateKey

const edwards: Algorithm = {
  generate: async () => (await generate('ed25519')).privateKey,
  hash: null,
  options: {},
}

/** All we know of each signature algorithm; nothing below switches on its name. */
export const algorithms: Readonly<Record<SigningAlgorithm, Algorithm>> = {
  ES256: {
    generate: async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey,
    hash: 'sha256',
    options: { dsaEncoding: 'ieee-p1363' },
  },
  RS256: { generate: rsa, hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  PS256: {
    generate: rsa,
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  Ed25519: edwards,
  EdDSA: edwards,
}

/** Signs on the thread pool; the event loop goes on meanwhile. */
export const signWith = (algorithm: SigningAlgorithm, key: KeyObject, input: Uint8Array): Promise<Buffer> => {
  const { hash, options } = algorithms[algorithm]
  return new Promise((resolve, reject) => {
    sign(hash, input, { key, ...options }, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })
}
