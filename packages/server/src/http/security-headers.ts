/** On every answer: nothing is sniffed, framed, referred from or kept by a browser (OWASP). No server banner, no CORS. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** The same, where clients reach us over TLS: browsers never come back without it (RFC 6797 §6.1; a year). */
export const securityHeadersOverTls: Readonly<Record<string, string>> = {
  ...securityHeaders,
  'strict-transport-security': 'max-age=31536000',
}
