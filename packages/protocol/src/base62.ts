const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const characterCodes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
const invalid = 255
const digits = new Uint8Array(128).fill(invalid)
for (const [digit, code] of characterCodes.entries()) digits[code] = digit

/** Bytes of a chunk to characters of it: ceil(n * 8 / log2(62)). The lengths differ, so a text names its own split. */
const charactersOfBytes = [0, 2, 3, 5, 6, 7] as const
const bytesOfCharacters = [0, undefined, 1, 2, undefined, 3, 4, 5] as const
const chunkBytes = 5
const chunkCharacters = 7
/** 62^4. A chunk is below 2^40: split here, both halves are small integers. */
const lowHalf = 14_776_336

/** Writes a number below 62^`length` with leading zeros. `value` is a non-negative safe integer. */
export function encodeBase62Number(value: number, length: number): string {
  const high = Math.floor(value / lowHalf)
  const low = value - high * lowHalf
  let text = ''
  for (let index = 0, rest = low; index < Math.min(length, 4); index += 1) {
    text = alphabet.charAt(rest % 62) + text
    rest = (rest / 62) | 0
  }
  for (let index = 4, rest = high; index < length; index += 1) {
    text = alphabet.charAt(rest % 62) + text
    rest = (rest / 62) | 0
  }
  return text
}

/**
 * Writes bytes as base62 (`0-9A-Za-z`): every 5 bytes, read as one big-endian number, become 7 characters; a rest of
 * 1, 2, 3, 4 bytes becomes 2, 3, 5, 6. Takes linear time, unlike base62 of the whole as one number.
 */
export function encodeBase62(bytes: Uint8Array): string {
  let text = ''
  const whole = bytes.length - (bytes.length % chunkBytes)
  for (let index = 0; index < whole; index += chunkBytes) {
    const value =
      (bytes[index] as number) * 0x1_0000_0000 +
      (((bytes[index + 1] as number) << 24) |
        ((bytes[index + 2] as number) << 16) |
        ((bytes[index + 3] as number) << 8) |
        (bytes[index + 4] as number)) +
      // `<<` makes the lower four bytes signed; this turns them back.
      ((bytes[index + 1] as number) > 127 ? 0x1_0000_0000 : 0)
    const high = Math.floor(value / lowHalf)
    const low = value - high * lowHalf
    text += String.fromCharCode(
      characterCodes[(high / 3844) | 0] as number,
      characterCodes[((high / 62) | 0) % 62] as number,
      characterCodes[high % 62] as number,
      characterCodes[(low / 238_328) | 0] as number,
      characterCodes[((low / 3844) | 0) % 62] as number,
      characterCodes[((low / 62) | 0) % 62] as number,
      characterCodes[low % 62] as number,
    )
  }
  const rest = bytes.subarray(whole)
  if (rest.length > 0) {
    let value = 0
    for (const byte of rest) value = value * 256 + byte
    text += encodeBase62Number(value, charactersOfBytes[rest.length] as number)
  }
  return text
}

/**
 * Reads what {@link encodeBase62} wrote.
 * @returns undefined for any other text: a foreign character, an impossible length, a chunk beyond its bytes
 */
export function decodeBase62(text: string): Uint8Array | undefined {
  const rest = bytesOfCharacters[text.length % chunkCharacters]
  if (rest === undefined) return undefined
  const chunks = Math.floor(text.length / chunkCharacters)
  const bytes = new Uint8Array(chunks * chunkBytes + rest)
  let position = 0
  for (let index = 0; index < text.length; index += chunkCharacters) {
    const size = index + chunkCharacters <= text.length ? chunkBytes : rest
    const length = charactersOfBytes[size] as number
    let value = 0
    for (let offset = index; offset < index + length; offset += 1) {
      const digit = digits[text.charCodeAt(offset)]
      if (digit === undefined || digit === invalid) return undefined
      value = value * 62 + digit
    }
    if (value >= 256 ** size) return undefined
    let high = Math.floor(value / 0x100_0000)
    let low = value - high * 0x100_0000
    for (let offset = size - 1; offset >= 0; offset -= 1) {
      if (size - 1 - offset < 3) {
        bytes[position + offset] = low & 255
        low >>>= 8
      } else {
        bytes[position + offset] = high & 255
        high >>>= 8
      }
    }
    position += size
  }
  return bytes
}
