/** Control, format and line-separating characters, unassigned ones and halves of surrogate pairs. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\u2028\u2029\uFFFD]/u
/** What some servers take for a divider once they have folded it to their own character set. */
const dividers = /[/\\%;?#\u2044\u2215\u2216\u29F5\u29F8\u29F9\u00A5\u20A9]/u

/** Whether a decoded text has no character that could divide a path, or be none, on any server. */
export const isPlainText = (text: string): boolean =>
  !invisible.test(text) && !dividers.test(text) && !dividers.test(text.normalize('NFKC'))
