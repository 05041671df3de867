/**
 * Text that came from elsewhere (an audit event holds what a caller sent) may carry characters that move the cursor,
 * change colours or reverse the reading direction of a terminal: C0, DEL, C1, line separators, bidirectional controls.
 */
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The text on one line, with such characters shown as `\u001b`. */
export const safeText = (text: string): string => text.toWellFormed().replace(unsafe, escaped)

/** JSON with such characters escaped inside strings: the same value for a program, harmless on a terminal. */
export const safeJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, null, indent).replace(unsafe, (character) =>
    character === '\n' ? character : escaped(character),
  )
