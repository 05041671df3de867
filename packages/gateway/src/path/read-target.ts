import { isPlainText } from './plain-text.ts'

/** Why a request target has no route: servers do not agree on what it means. Names for logs and counters. */
export type TargetProblem =
  | 'target-form'
  | 'target-too-long'
  | 'path-characters'
  | 'path-encoding'
  | 'path-empty-segment'
  | 'path-parameters'
  | 'path-segment-end'
  | 'query-characters'

/** A path that every server reads the same. */
export type PlainPath = {
  readonly ok: true
  /** The segments as sent, percent-encoding in capitals; a slash at the end is left out. `[]` is `/`. */
  readonly segments: readonly string[]
  /** Without the question mark. */
  readonly query: string
}

const longest = 8192
// RFC 3986 `pchar` without `;`, which some servers cut at, and without percent-encoding.
const plainSegment = /^[\w\-.~!$&'()*+,=:@]+$/
const encodedSegment = /^(?:[\w\-.~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+$/
const plainQuery = /^[\x21\x22\x24-\x7e]*$/
/** ASCII that is never percent-encoded in a path we read: what needs no encoding, what divides, and controls. */
const neverEncoded = /%(?:[01][0-9A-F]|7F|2[DEF]|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E|5C|25|3B|3F|23)/

/**
 * Reads a request target in origin form (RFC 9112 §3.2.1). Either it has exactly one reading, or it is refused: no dot
 * segments, empty segments, `;parameters` or fragments; nothing encoded that need not be, and nothing that decodes to a
 * divider, a control character or another encoding.
 */
export const readTarget = (target: string): PlainPath | { readonly ok: false; readonly problem: TargetProblem } => {
  if (target.length > longest) return refused('target-too-long')
  if (!target.startsWith('/')) return refused('target-form')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark + 1)
  if (!plainQuery.test(query)) return refused('query-characters')
  const parts = path.slice(1).split('/')
  // `/reports/` and `/reports` are one thing to half of all servers.
  if (parts.at(-1) === '') parts.pop()
  for (const [index, part] of parts.entries()) {
    const problem = segmentProblem(part)
    if (problem !== undefined) return refused(problem)
    if (part.includes('%')) parts[index] = part.toUpperCase() === part ? part : capitalEncoding(part)
  }
  return { ok: true, segments: parts, query }
}

const refused = (problem: TargetProblem) => ({ ok: false, problem }) as const

/** What is wrong with one segment as sent; undefined when every server reads it the same. */
export const segmentProblem = (segment: string): TargetProblem | undefined => {
  if (segment === '') return 'path-empty-segment'
  if (plainSegment.test(segment)) return segment.endsWith('.') ? 'path-segment-end' : undefined
  if (segment.includes(';')) return 'path-parameters'
  if (!encodedSegment.test(segment)) return segment.includes('%') ? 'path-encoding' : 'path-characters'
  return encodedProblem(capitalEncoding(segment))
}

const encodedProblem = (segment: string): TargetProblem | undefined => {
  if (/%3B/.test(segment)) return 'path-parameters'
  if (neverEncoded.test(segment)) return 'path-encoding'
  const text = decode(segment)
  if (text === undefined) return 'path-encoding'
  if (!isPlainText(text)) return 'path-characters'
  return /^\s|[\s.]$/u.test(text.normalize('NFKC')) ? 'path-segment-end' : undefined
}

const capitalEncoding = (segment: string): string => segment.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase())

/** The text of a segment; undefined when it is not UTF-8, overlong forms included. */
const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
