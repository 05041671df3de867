import { type Form, OAuthError } from '@mintmark/protocol'
import { invalidClient } from './invalid-client.ts'

/** The kinds of client assertions there are: RFC 7523 §2.2, and draft-ietf-oauth-spiffe-client-auth §3.1. */
const assertionTypes = {
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer': 'jwt',
  'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe': 'jwt-svid',
} as const

export type ClientAssertion = {
  readonly kind: (typeof assertionTypes)[keyof typeof assertionTypes]
  readonly assertion: string
}

const badRequest = (description: string, check: string, received?: string): OAuthError =>
  new OAuthError('invalid_request', description, { check, received })

/** The assertion of a request; undefined when it presents none (RFC 7521 §4.2). @throws OAuthError `invalid_request` */
export const clientAssertionOf = (form: Form): ClientAssertion | undefined => {
  const type = form.get('client_assertion_type')
  const assertion = form.get('client_assertion')
  if (type === undefined && assertion === undefined) return undefined
  if (assertion === undefined)
    throw badRequest('The client_assertion parameter is missing.', 'client-assertion-present')
  if (type === undefined || !Object.hasOwn(assertionTypes, type)) {
    throw badRequest('The client_assertion_type parameter is missing or unknown.', 'client-assertion-type', type)
  }
  return { kind: assertionTypes[type as keyof typeof assertionTypes], assertion }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A part of an assertion, not yet believed. @throws OAuthError `invalid_client` */
const readPart = (assertion: string, index: 0 | 1): Readonly<Record<string, unknown>> => {
  const part = assertion.split('.', 2)[index] ?? ''
  try {
    const read: unknown = JSON.parse(utf8.decode(Buffer.from(part, 'base64url')))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>
  } catch {
    // Said below, as for every other malformed assertion.
  }
  throw invalidClient('assertion-malformed')
}

/** The payload of an assertion, not yet believed. @throws OAuthError `invalid_client` */
export const readPayload = (assertion: string): Readonly<Record<string, unknown>> => readPart(assertion, 1)

/** Whether somebody else than the one it speaks for made an assertion: a platform, and not the client itself. */
export const isOfPlatform = (assertion: string): boolean => {
  const { iss, sub } = readPayload(assertion)
  if (typeof iss !== 'string' || typeof sub !== 'string' || iss === '' || sub === '' || iss === sub) return false
  return !/^(application\/)?client-authentication\+jwt$/i.test(String(readPart(assertion, 0).typ))
}
