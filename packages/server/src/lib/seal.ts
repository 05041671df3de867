import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './random.ts'

const nonceLength = 12
const tagLength = 16

/**
 * Authenticated encryption at rest (AES-256-GCM): nonce, ciphertext and tag in one value. `context` is authenticated,
 * so that a sealed value cannot be moved to another row.
 */
export const seal = (key: Uint8Array, plain: Uint8Array, context: string, random: Random): Uint8Array => {
  const nonce = random.bytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The plain value, or undefined when the key or the context is not the one it was sealed with, or it was altered. */
export const open = (key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array | undefined => {
  if (sealed.length < nonceLength + tagLength) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength))
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceLength, sealed.length - tagLength)), decipher.final()])
  } catch {
    return undefined
  }
}
