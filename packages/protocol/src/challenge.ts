import { quotedString } from './quoted-string.ts'

/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.3). */
export interface Challenge {
  /** In lower case when it was read. */
  readonly scheme: string
  /** What some schemes have in place of parameters (§11.2). */
  readonly token68?: string | undefined
  /** By name, in lower case when it was read. Empty beside a `token68`. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Longer headers are not read; nor are those of more challenges. */
const maximumLength = 8_192
const maximumChallenges = 20

/** What a place in the header may hold. Each is tried at one position only, so that reading takes linear time. */
const separators = /[\t ,]*/y
const afterElement = /[\t ]*(?:,|$)/y
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const equals = /[\t ]*=[\t ]*/y
const spaces = / +/y
// Followed by the end of the element, or it is the name of a parameter.
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=[\t ]*(?:,|$))/y
const quoted = /"((?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"/y

/**
 * Reads a `WWW-Authenticate` header (RFC 9110 §11.6.1), whose lines, if there were several, are joined by commas. Either
 * all of it is well-formed or none of it counts: a header in which one challenge can pass for two is not followed.
 * @returns undefined when it is malformed, has a parameter twice in one challenge (§11.2), or is longer than 8192
 *   characters or 20 challenges
 */
export function parseChallenges(header: string): readonly Challenge[] | undefined {
  if (header.length > maximumLength) return undefined
  const { read, atEnd } = reader(header)
  const challenges: (Challenge & { readonly parameters: Map<string, string> })[] = []
  let current: (typeof challenges)[number] | undefined
  for (read(separators); !atEnd(); read(separators)) {
    const name = read(token)?.[0]
    if (name === undefined) return undefined
    if (read(equals) !== undefined) {
      // A parameter belongs to the challenge before it, whatever comma stands between them.
      if (current === undefined || current.token68 !== undefined) return undefined
      if (!readParameter(read, name, current.parameters)) return undefined
    } else {
      const hasMore = read(spaces) !== undefined
      const credentials = hasMore ? read(token68)?.[0] : undefined
      current = { scheme: name.toLowerCase(), token68: credentials, parameters: new Map() }
      if (challenges.push(current) > maximumChallenges) return undefined
      const first = hasMore && credentials === undefined ? read(token)?.[0] : undefined
      if (first !== undefined) {
        if (read(equals) === undefined || !readParameter(read, first, current.parameters)) return undefined
      }
    }
    if (read(afterElement) === undefined) return undefined
  }
  return challenges
}

type Read = (pattern: RegExp) => RegExpExecArray | undefined

function reader(text: string): { readonly read: Read; readonly atEnd: () => boolean } {
  let position = 0
  return {
    read: (pattern) => {
      pattern.lastIndex = position
      const match = pattern.exec(text) ?? undefined
      if (match !== undefined) position = pattern.lastIndex
      return match
    },
    atEnd: () => position === text.length,
  }
}

function readParameter(read: Read, name: string, parameters: Map<string, string>): boolean {
  const value = read(token)?.[0] ?? read(quoted)?.[1]?.replace(/\\(.)/g, '$1')
  if (value === undefined || parameters.has(name.toLowerCase())) return false
  parameters.set(name.toLowerCase(), value)
  return true
}

/** Writes one challenge, the counterpart of {@link parseChallenges}; every value of a parameter is quoted. */
export function formatChallenge({ scheme, token68, parameters }: Challenge): string {
  if (token68 !== undefined) return `${scheme} ${token68}`
  const written = [...parameters].map(([name, value]) => `${name}=${quotedString(value)}`)
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`
}
