const table = new Uint32Array(256)
for (let index = 0; index < 256; index += 1) {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
  table[index] = value
}

/** CRC-32 (ISO 3309, as in zip and PNG) of the first `length` characters of an ASCII text, as an unsigned number. */
export function crc32(text: string, length = text.length): number {
  let crc = 0xffff_ffff
  for (let index = 0; index < length; index += 1) {
    crc = (crc >>> 8) ^ (table[(crc ^ text.charCodeAt(index)) & 255] as number)
  }
  return (crc ^ 0xffff_ffff) >>> 0
}
