import { OAuthError } from './oauth-error.ts'

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), tokens separated by one space.
const scopeSyntax = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Reads a `scope` value (RFC 6749 §3.3) into its tokens, in order, duplicates removed. An empty value has none.
 * @throws OAuthError `invalid_scope`, check `scope-syntax`
 */
export function parseScope(value: string): readonly string[] {
  if (value === '') return []
  if (!scopeSyntax.test(value)) {
    throw new OAuthError('invalid_scope', 'The scope is not well-formed.', { check: 'scope-syntax' })
  }
  if (!value.includes(' ')) return [value]
  return [...new Set(value.split(' '))]
}

/** Writes scope tokens as one value, in the order given. */
export function formatScope(scopes: Iterable<string>): string {
  return [...scopes].join(' ')
}
