import { OAuthError } from './oauth-error.ts'

/** More parameters than this in one body are refused. */
export const maximumFormParameters = 200

/** The parameters of one application/x-www-form-urlencoded body. Names and values are case-sensitive. */
export interface Form {
  /**
   * The value of a parameter that may occur once. A parameter without a value counts as absent (RFC 6749 §3.2).
   * @throws OAuthError `invalid_request` when the parameter is repeated, empty occurrences counted
   */
  get(name: string): string | undefined
  /** Every value of a parameter that may be repeated, such as `resource` (RFC 8707), in order, empty ones left out. */
  all(name: string): readonly string[]
  /** Each name once, in order of first occurrence. */
  names(): readonly string[]
  /**
   * Checks that every parameter, known or not, occurs once at most.
   * @param allowed names that may be repeated
   * @throws OAuthError `invalid_request`
   */
  assertNotRepeated(allowed: readonly string[]): void
}

const repeated = () =>
  new OAuthError('invalid_request', 'A parameter is included more than once.', { check: 'parameter-repeated' })

class ParsedForm implements Form {
  readonly #first = new Map<string, string>()
  // Only forms that repeat a parameter pay for this one: every value of each repeated name, the first included.
  #repeated: Map<string, string[]> | undefined

  add(name: string, value: string): void {
    const first = this.#first.get(name)
    if (first === undefined) {
      this.#first.set(name, value)
      return
    }
    this.#repeated ??= new Map()
    const values = this.#repeated.get(name)
    if (values === undefined) this.#repeated.set(name, [first, value])
    else values.push(value)
  }

  get(name: string): string | undefined {
    if (this.#repeated?.has(name)) throw repeated()
    return this.#first.get(name) || undefined
  }

  all(name: string): readonly string[] {
    const values = this.#repeated?.get(name)
    if (values !== undefined) return values.filter((value) => value !== '')
    const value = this.#first.get(name)
    return value ? [value] : []
  }

  names(): readonly string[] {
    return [...this.#first.keys()]
  }

  assertNotRepeated(allowed: readonly string[]): void {
    if (this.#repeated === undefined) return
    for (const name of this.#repeated.keys()) if (!allowed.includes(name)) throw repeated()
  }
}

const malformed = (cause: unknown) =>
  new OAuthError('invalid_request', 'The request body is not well-formed.', { check: 'form-malformed', cause })

/**
 * Reads an application/x-www-form-urlencoded body (RFC 6749 Appendix B) strictly, in linear time. Empty pieces between
 * two `&` are skipped and a piece without `=` is a name with an empty value, as in the WHATWG URL Standard.
 * @throws OAuthError `invalid_request` for a malformed percent sequence, invalid UTF-8, or more than 200 parameters
 */
export function parseForm(body: string | Uint8Array): Form {
  const text = typeof body === 'string' ? body : decodeUtf8(body)
  const encoded = text.includes('%') || text.includes('+')
  const form = new ParsedForm()
  let count = 0
  let start = 0
  // The next `=` is looked for again only once it lies behind us, so that no byte is scanned twice.
  let equals = text.indexOf('=')
  while (start <= text.length) {
    let end = text.indexOf('&', start)
    if (end === -1) end = text.length
    if (end > start) {
      count += 1
      if (count > maximumFormParameters) {
        throw new OAuthError('invalid_request', 'The request has too many parameters.', {
          check: 'form-too-many-parameters',
          expected: `at most ${maximumFormParameters}`,
        })
      }
      if (equals !== -1 && equals < start) equals = text.indexOf('=', start)
      const split = equals === -1 || equals > end ? end : equals
      const name = text.slice(start, split)
      const value = split === end ? '' : text.slice(split + 1, end)
      if (encoded) form.add(decodeFormComponent(name), decodeFormComponent(value))
      else form.add(name, value)
    }
    start = end + 1
  }
  return form
}

/** Writes pairs as application/x-www-form-urlencoded, the counterpart of {@link parseForm}. */
export function encodeForm(entries: Iterable<readonly [string, string]>): string {
  let text = ''
  for (const [name, value] of entries) {
    if (text !== '') text += '&'
    text += `${encodeFormComponent(name)}=${encodeFormComponent(value)}`
  }
  return text
}

/**
 * Decodes one form-encoded name, value, client identifier or secret.
 * @throws OAuthError `invalid_request` for a malformed percent sequence or invalid UTF-8
 */
export function decodeFormComponent(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch (cause) {
    throw malformed(cause)
  }
}

/**
 * Form-encodes one text as the WHATWG URL Standard does: everything but ASCII letters, digits and `*-._`.
 * @throws URIError for a lone surrogate, which UTF-8 cannot carry
 */
export function encodeFormComponent(text: string): string {
  return encodeURIComponent(text).replace(/%20|[!'()~]/g, (found) =>
    found === '%20' ? '+' : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw malformed(cause)
  }
}
