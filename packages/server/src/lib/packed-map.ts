import { Buffer } from 'node:buffer'

/**
 * Texts by keys, kept as bytes outside of JavaScript's heap: a million of a hundred bytes cost little more than a hundred
 * megabytes, and garbage collection does not see them. Getting one costs the decoding of its text.
 *
 * It takes so many texts as it is made for, deleted and replaced ones counted, so that its size is bounded whatever becomes
 * of them; `isFull` says so, and then the caller begins another.
 */
export type PackedMap = {
  readonly get: (key: string) => string | undefined
  /** A text too long for a chunk is not kept. */
  readonly set: (key: string, text: string) => void
  readonly delete: (key: string) => void
  /** In no order. Nothing may be set meanwhile. */
  readonly entries: () => IteratorObject<[string, string]>
  readonly size: () => number
  readonly isFull: () => boolean
}

/** Bytes that are asked for at a time. */
const chunkBytes = 1 << 20
/** Before each text: its length with its key in bytes, 32 bits, and that of the key in UTF-16 units, 32 bits. */
const headerBytes = 8

/** What a slot holds that never held anything, and one whose text was deleted; else the position of the text, moved by two. */
const empty = 0
const deleted = 1
const firstPosition = 2

/** @param seed whoever does not know it cannot choose keys that meet in one slot; 32 bits */
export const createPackedMap = (capacity: number, seed: number): PackedMap => {
  let chunks: Buffer[] = []
  let used = chunkBytes
  let slots = new Uint32Array(64)
  let hashes = new Uint32Array(64)
  let taken = 0
  let size = 0

  // FNV-1a, then the end of MurmurHash3, which spreads it over all bits.
  const hashOf = (key: string): number => {
    let hash = seed
    for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  const chunkAt = (position: number): { readonly chunk: Buffer; readonly start: number } => ({
    chunk: chunks[Math.floor(position / chunkBytes)] as Buffer,
    start: position % chunkBytes,
  })

  /** A key and its text. */
  const wholeAt = (chunk: Buffer, start: number): string =>
    chunk.toString('utf8', start + headerBytes, start + headerBytes + chunk.readUInt32LE(start))

  const textAt = (key: string, position: number): string | undefined => {
    const { chunk, start } = chunkAt(position)
    if (chunk.readUInt32LE(start + 4) !== key.length) return undefined
    const whole = wholeAt(chunk, start)
    return whole.startsWith(key) ? whole.slice(key.length) : undefined
  }

  const find = (key: string): { readonly slot: number; readonly text: string } | undefined => {
    const hash = hashOf(key)
    const mask = slots.length - 1
    for (let slot = hash & mask; slots[slot] !== empty; slot = (slot + 1) & mask) {
      const position = slots[slot] as number
      if (position === deleted || hashes[slot] !== hash) continue
      const text = textAt(key, position - firstPosition)
      if (text !== undefined) return { slot, text }
    }
    return undefined
  }

  const place = (hash: number, position: number): void => {
    const mask = slots.length - 1
    let slot = hash & mask
    while (slots[slot] !== empty) slot = (slot + 1) & mask
    slots[slot] = position
    hashes[slot] = hash
  }

  /** Twice as many slots as texts at the least, so that a search ends soon. */
  const grow = (): void => {
    const [before, beforeHashes] = [slots, hashes]
    slots = new Uint32Array(before.length * 2)
    hashes = new Uint32Array(before.length * 2)
    for (const [slot, position] of before.entries()) {
      if (position >= firstPosition) place(beforeHashes[slot] as number, position)
    }
  }

  const write = (key: string, text: string): number | undefined => {
    const whole = key + text
    const length = Buffer.byteLength(whole)
    if (headerBytes + length > chunkBytes) return undefined
    if (used + headerBytes + length > chunkBytes) {
      chunks.push(Buffer.allocUnsafeSlow(chunkBytes))
      used = 0
    }
    const chunk = chunks.at(-1) as Buffer
    const start = used
    chunk.writeUInt32LE(length, start)
    chunk.writeUInt32LE(key.length, start + 4)
    chunk.write(whole, start + headerBytes)
    used += headerBytes + length
    return (chunks.length - 1) * chunkBytes + start
  }

  const remove = (key: string): void => {
    const found = find(key)
    if (found === undefined) return
    slots[found.slot] = deleted
    size -= 1
    if (size > 0) return
    chunks = []
    used = chunkBytes
  }

  const entries = function* (): Generator<[string, string], undefined> {
    for (const position of slots) {
      if (position < firstPosition) continue
      const { chunk, start } = chunkAt(position - firstPosition)
      const whole = wholeAt(chunk, start)
      const keyLength = chunk.readUInt32LE(start + 4)
      yield [whole.slice(0, keyLength), whole.slice(keyLength)]
    }
  }

  return {
    get: (key) => find(key)?.text,
    set: (key, text) => {
      remove(key)
      const position = write(key, text)
      if (position === undefined) return
      taken += 1
      size += 1
      if (taken * 2 > slots.length) grow()
      place(hashOf(key), position + firstPosition)
    },
    delete: remove,
    entries,
    size: () => size,
    isFull: () => taken >= capacity,
  }
}
