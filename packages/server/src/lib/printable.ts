/** What our own secrets and tokens look like, and the headers and JWTs that may hold others'. */
const secretShapes =
  /\bmmk_[a-z]{2}_[0-9A-Za-z]+|\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}|\b(?:basic|bearer|dpop)[ +][\w.~+/=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/gi

/** Control, format and line-separating characters, and halves of surrogate pairs: what can forge or hide a line. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/**
 * Text from a request or an error as logs and audit events may hold it: one line, short, without what looks like a secret
 * or a token, whoever put it there (a secret pasted into `client_id` is still a secret).
 * @param maximum characters kept
 */
export const printable = (text: string, maximum = 200): string =>
  text
    .slice(0, maximum * 8)
    .replace(secretShapes, '[redacted]')
    .slice(0, maximum)
    .replace(unprintable, '\uFFFD')
