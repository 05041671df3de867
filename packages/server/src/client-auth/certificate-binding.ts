import { OAuthError } from '@mintmark/protocol'
import { thumbprintOf } from '../certificates/certificate.ts'
import type { Confirmation } from '../domain/access-token.ts'
import type { Client } from '../domain/client.ts'
import type { HttpRequest } from '../lib/message.ts'

/**
 * What the token of a request is bound to by the client's certificate (RFC 8705 §3): undefined for a client whose tokens are
 * not. It does not matter how the client proved itself, nor who signed the certificate.
 * @throws OAuthError `invalid_request` when its tokens are bound and it came without a certificate
 */
export const certificateConfirmation = (
  { certificateBoundAccessTokens }: Client,
  { certificates }: HttpRequest,
): Confirmation | undefined => {
  if (!certificateBoundAccessTokens) return undefined
  if (certificates !== undefined) return { 'x5t#S256': thumbprintOf(certificates.own) }
  throw new OAuthError('invalid_request', 'The tokens of this client are bound to its certificate, and it sent none.', {
    check: 'certificate-bound',
  })
}

/**
 * A token says one thing that its bearer proves to hold. A client whose tokens are bound to its certificate must not get one
 * that is bound to a key instead.
 * @throws OAuthError `invalid_request`
 */
export const assertBoundOneWay = ({ certificateBoundAccessTokens }: Client, { headers }: HttpRequest): void => {
  if (!certificateBoundAccessTokens || headers.dpop === undefined) return
  throw new OAuthError('invalid_request', 'The tokens of this client are bound to its certificate, and not to a key.', {
    check: 'bound-one-way',
  })
}

/** Whether whoever presents a token holds the certificate it is bound to. */
export const isBoundTo = (confirmation: Confirmation, { certificates }: HttpRequest): boolean =>
  'x5t#S256' in confirmation &&
  certificates !== undefined &&
  confirmation['x5t#S256'] === thumbprintOf(certificates.own)
