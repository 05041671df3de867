import type { VerifiedToken } from '@mintmark/resource-server'

const names = ['Client-Id', 'Subject', 'Scope', 'Issuer', 'Audience', 'Expires'] as const

/** The names of the headers that tell the API who calls. */
export const identityHeaderNames = (prefix: string): readonly string[] => names.map((name) => `${prefix}${name}`)

/**
 * A value as a header can hold it: characters other than printable ASCII, and `%` itself, percent-encoded (RFC 3986
 * §2.1), and so are spaces at either end.
 */
const headerValue = (text: string): string =>
  text.replace(/[^\x20-\x7e]|%|^ | $/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )

/** Who calls, as headers for the API; all of them, empty where there is no token, so that the caller's own never arrive. */
export const identityHeaders = (prefix: string, token: VerifiedToken | undefined): Readonly<Record<string, string>> => {
  const values = token && {
    'Client-Id': token.clientId,
    Subject: token.subject,
    Scope: token.scopes.join(' '),
    Issuer: token.issuer,
    Audience: token.audience,
    Expires: String(token.expiresAt),
  }
  return Object.fromEntries(
    names.map((name) => [`${prefix}${name}`, values === undefined ? '' : headerValue(values[name])]),
  )
}
