/** What a client may do, one per grant or protocol right; off until switched on. */
export const capabilities = [
  { name: 'client_credentials', description: 'Get access tokens with its own credentials (RFC 6749 §4.4)' },
  { name: 'jwt_bearer', description: 'Get access tokens with a token of its platform as the grant (RFC 7523 §2.1)' },
  { name: 'introspection', description: 'Ask about tokens of the APIs it is permitted to inspect (RFC 7662)' },
  { name: 'key_rollover', description: 'Replace its key by itself: the present key signs the next one' },
] as const
