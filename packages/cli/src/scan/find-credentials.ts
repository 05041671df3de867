import { crc32 } from 'node:zlib'
import { decodeBase62, recognise } from '@mintmark/protocol'

/** A credential in a text, without the credential. */
export type Finding = {
  /** From 1. */
  readonly line: number
  /** From 1, in bytes. */
  readonly column: number
  readonly kind: 'client_secret' | 'access_token'
  /** Its prefix and its last four characters. */
  readonly redacted: string
}

/** Finds credentials in a stream of bytes, whatever pieces it comes in. */
export type CredentialFinder = {
  /** What is certain after these bytes. */
  readonly push: (bytes: Uint8Array) => Finding[]
  /** What is certain now that nothing follows. */
  readonly end: () => Finding[]
}

const prefix = /mmk_(?:cs|at)_/g
const prefixLength = 7
const checksumLength = 6
/** 16 bytes and the checksum: less than any server makes, and enough that no text looks like it by accident. */
const shortest = prefixLength + 23 + checksumLength
/** No header field carries a longer token, and no more than this is kept of the input. */
export const longestCredential = 32_768

/** The longest credential a text begins with, so that letters which follow without a gap do not hide it. */
const leading = (text: string): { readonly kind: Finding['kind']; readonly length: number } | undefined => {
  let checksum = crc32(text.slice(0, shortest - checksumLength))
  let found: { kind: Finding['kind']; length: number } | undefined
  for (let length = shortest; length <= text.length; length += 1) {
    const bytes = decodeBase62(text.slice(length - checksumLength, length))
    if (bytes !== undefined && Buffer.from(bytes).readUInt32BE() === checksum) {
      const kind = recognise(text.slice(0, length))
      if (kind !== undefined) found = { kind, length }
    }
    checksum = crc32(text.charAt(length - checksumLength), checksum)
  }
  return found
}

/** Where the letters and digits after `start` end, at most at `limit`. */
const endOfRun = (text: string, start: number, limit: number): number => {
  const stop = /[^0-9A-Za-z]/g
  stop.lastIndex = start
  return Math.min(stop.exec(text)?.index ?? text.length, limit)
}

/** A finder at the beginning of a file. Keeps at most one piece and `longestCredential` bytes. */
export const createCredentialFinder = (): CredentialFinder => {
  let rest = ''
  let line = 1
  let column = 1
  const pass = (text: string) => {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line += 1
    column = text.includes('\n') ? text.length - text.lastIndexOf('\n') : column + text.length
  }
  const search = (text: string, last: boolean): Finding[] => {
    const findings: Finding[] = []
    let passed = 0
    let position = 0
    let keepFrom = last ? text.length : Math.max(0, text.length - prefixLength + 1)
    for (;;) {
      prefix.lastIndex = position
      const start = prefix.exec(text)?.index
      if (start === undefined) break
      const end = endOfRun(text, start + prefixLength, start + longestCredential)
      if (!last && end === text.length && end < start + longestCredential) {
        keepFrom = start
        break
      }
      const found = leading(text.slice(start, end))
      position = start + (found?.length ?? prefixLength)
      if (found === undefined) continue
      pass(text.slice(passed, start))
      passed = start
      const redacted = `${text.slice(start, start + prefixLength)}…${text.slice(position - 4, position)}`
      findings.push({ line, column, kind: found.kind, redacted })
    }
    const kept = Math.max(keepFrom, position)
    pass(text.slice(passed, kept))
    rest = text.slice(kept)
    return findings
  }
  return {
    // One character a byte, so that any file is a text.
    push: (bytes) => search(rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), false),
    end: () => search(rest, true),
  }
}
