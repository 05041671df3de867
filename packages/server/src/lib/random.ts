import { randomFillSync } from 'node:crypto'

/** Randomness, as an argument. Every source must be cryptographically strong outside tests. */
export type Random = {
  /** `length` random bytes, in a buffer of their own. */
  readonly bytes: (length: number) => Uint8Array
}

/** The system's generator, drawn in blocks: one call into it serves many tokens. */
export const createSystemRandom = (): Random => {
  const block = new Uint8Array(4096)
  let offset = block.length
  return {
    bytes: (length) => {
      if (length > block.length) return randomFillSync(new Uint8Array(length))
      if (offset + length > block.length) {
        randomFillSync(block)
        offset = 0
      }
      const drawn = block.slice(offset, offset + length)
      block.fill(0, offset, offset + length)
      offset += length
      return drawn
    },
  }
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A short identifier of lower-case letters and digits (Crockford's base32), `length` characters of 5 bits each:
 * 10 for a reference or a credential's id, more where it must not be guessed.
 */
export const randomId = (random: Random, length: number): string => {
  const bytes = random.bytes(length)
  let id = ''
  for (const byte of bytes) id += alphabet[byte & 31]
  return id
}
