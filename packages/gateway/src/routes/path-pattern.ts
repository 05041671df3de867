import { lenientSegment } from '../path/lenient-readings.ts'
import { segmentProblem } from '../path/read-target.ts'

/** One segment of a pattern: a literal as it is sent, or any one segment. */
export type PatternSegment = { readonly literal: string; readonly lenient: string } | '*'

/** Which paths a route is for: `/reports/{id}/**` is a literal, any one segment, and whatever follows. */
export type PathPattern = {
  readonly text: string
  readonly segments: readonly PatternSegment[]
  /** Whether it ends in `**`: any number of further segments, none included. */
  readonly rest: boolean
}

/** A pattern that is none; the message is a sentence without a full stop. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

const parameter = /^\{[A-Za-z_]\w*\}$/

/**
 * Reads a path pattern: literal segments, `*` or `{name}` for one segment, `**` at the end for the rest.
 * @throws PatternError
 */
export const readPattern = (text: string): PathPattern => {
  if (!text.startsWith('/')) throw new PatternError(`the path "${text}" must begin with a slash`)
  if (text === '/') return { text, segments: [], rest: false }
  if (text.endsWith('/')) {
    throw new PatternError(`the path "${text}" must not end with a slash: without it, it is for both`)
  }
  const parts = text.slice(1).split('/')
  const rest = parts.at(-1) === '**'
  if (rest) parts.pop()
  return { text, rest, segments: parts.map((part) => readSegment(part, text)) }
}

const readSegment = (part: string, text: string): PatternSegment => {
  if (part === '*' || parameter.test(part)) return '*'
  if (part === '**') throw new PatternError(`the path "${text}" has ** before its end`)
  if (/[*{}]/.test(part)) throw new PatternError(`the path "${text}" has a wildcard that is not a whole segment`)
  const literal = encode(part)
  if (segmentProblem(literal) !== undefined) {
    throw new PatternError(
      `no request can have the path "${text}": "${part}" is empty, a dot segment, or has characters that servers read differently`,
    )
  }
  return { literal, lenient: lenientSegment(literal) }
}

/** A literal as clients send it: written as text or encoded, it is the same. */
const encode = (part: string): string => {
  try {
    return encodeURI(decodeURI(part))
      .replaceAll('%25', '%')
      .replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase())
  } catch {
    return part
  }
}

type SegmentText = (segment: Exclude<PatternSegment, '*'>) => string

const strictText: SegmentText = ({ literal }) => literal
const lenientText: SegmentText = ({ lenient }) => lenient

/** Whether every path of `inner` is one of `outer`. */
export const patternCovers = (outer: PathPattern, inner: PathPattern): boolean => {
  if (inner.rest && !outer.rest) return false
  if (inner.segments.length < outer.segments.length) return false
  if (!outer.rest && inner.segments.length > outer.segments.length) return false
  return outer.segments.every((segment, index) => {
    const other = inner.segments[index]
    return segment === '*' || (other !== undefined && other !== '*' && other.literal === segment.literal)
  })
}

const overlap = (one: PathPattern, other: PathPattern, text: SegmentText): boolean => {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  if (long.segments.length > short.segments.length && !short.rest) return false
  return short.segments.every((segment, index) => {
    const beside = long.segments[index]
    return segment === '*' || beside === undefined || beside === '*' || text(beside) === text(segment)
  })
}

/** Whether some path is of both. */
export const patternsOverlap = (one: PathPattern, other: PathPattern): boolean => overlap(one, other, strictText)

/** Whether some path is of both to a server that ignores case and encoding. */
export const patternsOverlapLeniently = (one: PathPattern, other: PathPattern): boolean =>
  overlap(one, other, lenientText)

/** The pattern of exactly the paths that are of both; they must overlap. */
export const intersection = (one: PathPattern, other: PathPattern): PathPattern => {
  const [short, long] = one.segments.length <= other.segments.length ? [one, other] : [other, one]
  const segments = long.segments.map((segment, index) => (segment === '*' ? (short.segments[index] ?? '*') : segment))
  return { text: `${one.text} and ${other.text}`, segments, rest: long.rest && short.rest }
}
