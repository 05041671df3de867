import { constants, createHash, createPrivateKey, privateEncrypt } from 'node:crypto'

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** What a signature by RSASSA-PSS is made with; RFC 7518 §3.5 wants one hash for both, and a salt as long as the hash. */
export interface PssParameters {
  readonly hash: Hash
  /** The hash of the mask generation function. */
  readonly maskHash?: Hash
  readonly salt: Uint8Array
}

/** RSASSA-PSS with a given salt (RFC 8017 §8.1.1): Node draws one, so its signature differs every time. */
export function pssSign(key: JsonWebKey, message: Uint8Array, { hash, maskHash = hash, salt }: PssParameters): Buffer {
  const length = modulusLength(key)
  const digest = createHash(hash).update(message).digest()
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const block = Buffer.alloc(length - h.length - 1)
  block[block.length - salt.length - 1] = 1
  block.set(salt, block.length - salt.length)
  const masked = xor(block, mask(h, block.length, maskHash))
  // The modulus has a multiple of eight bits in every key here, so that the message has one bit less.
  masked[0] = (masked[0] ?? 0) & 0x7f
  return rawSign(key, Buffer.concat([masked, h, Buffer.from([0xbc])]))
}

/** The private operation of RSA on a message representative that the caller has made, whatever is wrong with it. */
export function rawSign(key: JsonWebKey, encoded: Uint8Array): Buffer {
  return privateEncrypt({ key: createPrivateKey({ key, format: 'jwk' }), padding: constants.RSA_NO_PADDING }, encoded)
}

/** `DigestInfo` of SHA-256 (RFC 8017 §9.2, note 1). */
export const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2), in pieces that can be given wrongly. */
export function pkcs1Block(key: JsonWebKey, info: Uint8Array, { type = 1, padding = 0xff, shorter = 0 } = {}): Buffer {
  const fill = modulusLength(key) - info.length - 3 - shorter
  return Buffer.concat([
    Buffer.from([0, type]),
    Buffer.alloc(fill, padding),
    Buffer.from([0]),
    info,
    Buffer.alloc(shorter),
  ])
}

export const modulusLength = ({ n = '' }: JsonWebKey): number => Buffer.from(n, 'base64url').length

function mask(seed: Uint8Array, length: number, hash: Hash): Buffer {
  const parts: Buffer[] = []
  for (let counter = 0; Buffer.concat(parts).length < length; counter += 1) {
    const octets = Buffer.alloc(4)
    octets.writeUInt32BE(counter)
    parts.push(createHash(hash).update(seed).update(octets).digest())
  }
  return Buffer.concat(parts).subarray(0, length)
}

const xor = (left: Uint8Array, right: Uint8Array): Buffer =>
  Buffer.from(left.map((octet, index) => octet ^ (right[index] ?? 0)))
