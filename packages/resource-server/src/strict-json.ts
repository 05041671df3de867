import { isJsonObject } from '@mintmark/client/transport'

/** Objects and arrays inside one another beyond this are refused. */
export const maximumDepth = 16

/**
 * Reads a JSON object as a security decision needs it: bounded in depth, and with no name twice in one object, since two
 * parsers may disagree on which of the two counts (RFC 7515 §4, RFC 7519 §4). Nothing but the object is allowed, not
 * even a byte order mark.
 * @throws SyntaxError
 */
export function parseStrictObject(text: string): Readonly<Record<string, unknown>> {
  const names = countNames(text)
  const value = parse(text)
  if (!isJsonObject(value)) throw new SyntaxError('The JSON is not an object')
  // The parser keeps the last of two equal names, so there are fewer members than names.
  if (countMembers(value) !== names) throw new SyntaxError('The JSON has a name twice in one object')
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which is part of a token.
    throw new SyntaxError('The text is not JSON')
  }
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** How many names a JSON text has; outside of strings a colon stands after a name and nowhere else. */
function countNames(text: string): number {
  let names = 0
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index)
        break
      case colon:
        names += 1
        break
      case 0x7b:
      case 0x5b:
        depth += 1
        if (depth > maximumDepth) throw new SyntaxError(`The JSON is more than ${maximumDepth} deep`)
        break
      case 0x7d:
      case 0x5d:
        depth -= 1
    }
  }
  return names
}

/** The index of the quote that ends a string, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote) return index
    if (code === backslash) index += 1
  }
  return text.length
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const one of value) members += countMembers(one)
    return members
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const name in object) members += 1 + countMembers(object[name])
  return members
}
