const block = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/g

/**
 * The bytes of the blocks of PEM text (RFC 7468). Text around them, as tools print it, is left out.
 * @returns undefined when there is none, or one with another label
 */
export const readPem = (text: string, label: 'CERTIFICATE' | 'X509 CRL'): readonly Uint8Array[] | undefined => {
  const blocks = [...text.matchAll(block)]
  if (blocks.length === 0 || blocks.length !== text.split('-----BEGIN ').length - 1) return undefined
  const bytes = blocks.map(([, found, base64 = '']) => (found === label ? decodeBase64(base64) : undefined))
  return bytes.every((one) => one !== undefined) ? bytes : undefined
}

/** Base64 as RFC 4648 §4 has it, spaces and line ends left out; undefined when it is anything else. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const compact = text.replace(/[ \t\r\n]+/g, '')
  const bytes = Buffer.from(compact, 'base64')
  return compact !== '' && bytes.toString('base64') === compact ? bytes : undefined
}
