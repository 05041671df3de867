import { Buffer } from 'node:buffer'
import type { HashText } from './half-sip-hash.ts'
import { createBuckets, nowhere } from './linear-hashing.ts'

/**
 * Values by keys, kept as bytes outside of JavaScript's heap: a million of fifty bytes cost eighty megabytes, and garbage
 * collection does not see them. Getting one costs making it anew. It grows by little pieces: nothing is copied to a larger
 * place, and no request waits for that.
 *
 * It takes so many values as it is made for, deleted and replaced ones counted, so that its size is bounded whatever becomes
 * of them; `isFull` says so, and then the caller begins another.
 */
export type PackedMap<V> = {
  readonly get: (key: string) => V | undefined
  /** A value of more than a chunk is not kept, and neither is one by a key that is no Latin-1 or long. */
  readonly set: (key: string, value: V) => void
  readonly delete: (key: string) => void
  /** In no order. Nothing may be set or deleted meanwhile. */
  readonly entries: () => IteratorObject<[string, V]>
  readonly size: () => number
  readonly isFull: () => boolean
}

/** How a value becomes bytes and comes back. */
export type PackedValue<V> = {
  /** What it returns is read before the next call. */
  readonly write: (key: string, value: V) => Uint8Array
  /** @param bytes those from `start` up to `end` are the value's */
  readonly read: (key: string, bytes: Buffer, start: number, end: number) => V
}

type Chunk = { readonly words: Uint32Array; readonly bytes: Buffer }

/** What is asked for at a time, in words of four bytes. */
const chunkWords = 1 << 18
const wordBytes = 4

/**
 * An entry begins at a word; which one is its place, counted through all chunks. It has the place of the next entry of its bucket,
 * the hash of its key, the length of its value with that of the rest of its key in the upper byte, and the number of the prefix
 * of its key in 16 bits; then come the rest of the key and the value.
 */
const nextWord = 0
const hashWord = 1
const lengthsWord = 2
const prefixOffset = 12
const restOffset = 14

const longestRest = 255
const restShift = 24
const prefixesAtMost = 65_536

const newChunk = (): Chunk => {
  const bytes = Buffer.allocUnsafeSlow(chunkWords * wordBytes)
  return { bytes, words: new Uint32Array(bytes.buffer) }
}

const notLatin1 = /[^\0-\xff]/

/**
 * @param capacity how many values it takes
 * @param hash of keys: whoever chooses them must not know which of them meet
 * @param prefixLength how many characters at the beginning of a key it has in common with others: they are kept once
 */
export const createPackedMap = <V>({
  capacity,
  hash: hashOf,
  value: { read, write },
  prefixLength = () => 0,
}: {
  readonly capacity: number
  readonly hash: HashText
  readonly value: PackedValue<V>
  readonly prefixLength?: (key: string) => number
}): PackedMap<V> => {
  let chunks: Chunk[] = []
  /** Words of the last chunk that entries have. */
  let used = chunkWords
  let taken = 0
  let size = 0
  const prefixes: string[] = []
  const prefixNumbers = new Map<string, number>()

  const chunkAt = (place: number): Chunk => chunks[Math.floor(place / chunkWords)] as Chunk
  const wordAt = (place: number, word: number): number => chunkAt(place).words[(place % chunkWords) + word] as number
  const buckets = createBuckets({
    hashAt: (place) => wordAt(place, hashWord),
    nextOf: (place) => wordAt(place, nextWord),
    setNext: (place, next) => {
      chunkAt(place).words[(place % chunkWords) + nextWord] = next
    },
  })

  const prefixAt = (place: number): string => {
    const { bytes } = chunkAt(place)
    const offset = (place % chunkWords) * wordBytes + prefixOffset
    return prefixes[(bytes[offset] as number) | ((bytes[offset + 1] as number) << 8)] as string
  }

  const isOf = (place: number, key: string): boolean => {
    const { bytes } = chunkAt(place)
    const start = (place % chunkWords) * wordBytes + restOffset
    const restLength = wordAt(place, lengthsWord) >>> restShift
    const prefix = prefixAt(place)
    if (key.length !== prefix.length + restLength) return false
    // From the end: ids of a fleet begin alike.
    for (let index = restLength - 1; index >= 0; index -= 1) {
      if (bytes[start + index] !== key.charCodeAt(prefix.length + index)) return false
    }
    return key.startsWith(prefix)
  }

  const find = (key: string, hash: number): number => {
    let place = buckets.first(hash)
    while (place !== nowhere && !(wordAt(place, hashWord) === hash && isOf(place, key))) place = wordAt(place, nextWord)
    return place
  }

  const valueAt = (place: number, key: string): V => {
    const lengths = wordAt(place, lengthsWord)
    const restLength = lengths >>> restShift
    const start = (place % chunkWords) * wordBytes + restOffset + restLength
    return read(key, chunkAt(place).bytes, start, start + (lengths & (2 ** restShift - 1)))
  }

  const keyAt = (place: number): string => {
    const start = (place % chunkWords) * wordBytes + restOffset
    const rest = chunkAt(place).bytes.toString('latin1', start, start + (wordAt(place, lengthsWord) >>> restShift))
    return prefixAt(place) + rest
  }

  /** The first has no prefix, and so have those for whom there is no number left. */
  const numberOf = (prefix: string): number => {
    const known = prefixNumbers.get(prefix)
    if (known !== undefined) return known
    if (prefixes.length >= prefixesAtMost) return 0
    prefixNumbers.set(prefix, prefixes.length)
    return prefixes.push(prefix) - 1
  }
  numberOf('')

  /** Where so many words may be written. */
  const takeWords = (count: number): number => {
    if (used + count > chunkWords) {
      chunks.push(newChunk())
      // What begins at the very first word would be nowhere.
      used = chunks.length === 1 ? 1 : 0
    }
    const place = (chunks.length - 1) * chunkWords + used
    used += count
    return place
  }

  const add = (key: string, hash: number, value: V): void => {
    const number = numberOf(key.slice(0, prefixLength(key)))
    const rest = key.slice((prefixes[number] as string).length)
    const written = write(key, value)
    const words = Math.ceil((restOffset + rest.length + written.length) / wordBytes)
    if (rest.length > longestRest || words >= chunkWords || notLatin1.test(rest)) return
    const place = takeWords(words)
    const { bytes } = chunkAt(place)
    const start = (place % chunkWords) * wordBytes
    chunkAt(place).words[(place % chunkWords) + hashWord] = hash
    chunkAt(place).words[(place % chunkWords) + lengthsWord] = ((rest.length << restShift) | written.length) >>> 0
    bytes.writeUInt16LE(number, start + prefixOffset)
    bytes.write(rest, start + restOffset, 'latin1')
    bytes.set(written, start + restOffset + rest.length)
    buckets.add(hash, place)
    taken += 1
    size += 1
  }

  const remove = (key: string, hash: number): void => {
    const place = find(key, hash)
    if (place === nowhere) return
    buckets.remove(hash, place)
    size -= 1
    if (size > 0) return
    buckets.clear()
    chunks = []
    used = chunkWords
    taken = 0
  }

  return {
    get: (key) => {
      const place = find(key, hashOf(key))
      return place === nowhere ? undefined : valueAt(place, key)
    },
    set: (key, value) => {
      const hash = hashOf(key)
      remove(key, hash)
      add(key, hash, value)
    },
    delete: (key) => remove(key, hashOf(key)),
    entries: function* () {
      for (const place of buckets.places()) {
        const key = keyAt(place)
        yield [key, valueAt(place, key)]
      }
    },
    size: () => size,
    isFull: () => taken >= capacity,
  }
}
