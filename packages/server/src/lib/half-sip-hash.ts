/** A hash of 32 bits, unsigned. */
export type HashText = (text: string) => number

/**
 * HalfSipHash-2-4 (Aumasson and Bernstein, 2016) of a text's UTF-16 code units, each as two bytes, the lower first: made for
 * hash tables, so that whoever does not know the key cannot choose texts that meet in one place.
 * @param key 64 bits, as two numbers of 32
 */
export const createHalfSipHash = ([low, high]: readonly [low: number, high: number]): HashText => {
  let v0 = 0
  let v1 = 0
  let v2 = 0
  let v3 = 0

  const round = (): void => {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
  }
  const take = (word: number): void => {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  return (text) => {
    v0 = low | 0
    v1 = high | 0
    v2 = low ^ 0x6c796765
    v3 = high ^ 0x74656462
    const { length } = text
    const even = length & ~1
    for (let index = 0; index < even; index += 2) take(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16))
    take((length << 25) | (even < length ? text.charCodeAt(even) : 0))
    v2 ^= 0xff
    round()
    round()
    round()
    round()
    return (v1 ^ v3) >>> 0
  }
}
