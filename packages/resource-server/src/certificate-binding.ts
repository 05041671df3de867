import type { ApiRequest } from './api-request.ts'
import { encodeBase64url } from './base64url.ts'
import type { Possession } from './possession.ts'
import { invalidToken, undecidable } from './refusals.ts'

/**
 * Finds the certificate that a client proved to have the key of, as DER. `connection`: that of its TLS connection to this
 * process, as the adapters for Node know it. A function: what a proxy that ends TLS says of it, such as
 * {@link certificateFromHeader}.
 */
export type CertificateFinder =
  | 'connection'
  | ((request: ApiRequest) => Uint8Array | undefined | Promise<Uint8Array | undefined>)

/**
 * Takes tokens that are bound to a certificate from who holds it (RFC 8705 §3); everything else is up to `others`. Who signed
 * the certificate does not matter: the authorization server bound the token to this very one.
 * @throws TypeError for a finder that is none
 */
export function certificatePossession(finder: CertificateFinder, others: Possession): Possession {
  if (finder !== 'connection' && typeof finder !== 'function') {
    throw new TypeError('protect: certificates is connection or a function')
  }
  const check = async (thumbprint: string, request: ApiRequest): Promise<void> => {
    const certificate = await findCertificate(finder, request)
    if (certificate === undefined) throw invalidToken('certificate-present', { expected: thumbprint })
    const received = await thumbprintOf(certificate)
    if (received !== thumbprint) throw invalidToken('certificate', { expected: thumbprint, received })
  }
  return {
    mode: others.mode,
    check: (token, presented, request) => {
      const { confirmation } = token
      const ours = confirmation !== undefined && 'x5t#S256' in confirmation && presented.scheme === 'Bearer'
      // Where DPoP is required, a certificate is not what is required.
      if (!ours || others.mode === 'required') return others.check(token, presented, request)
      return check(confirmation['x5t#S256'], request)
    },
  }
}

async function findCertificate(finder: CertificateFinder, request: ApiRequest): Promise<Uint8Array | undefined> {
  try {
    return finder === 'connection' ? request.certificate?.() : await finder(request)
  } catch (cause) {
    throw undecidable('certificate-unavailable', cause)
  }
}

async function thumbprintOf(certificate: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(certificate)))
  return encodeBase64url(digest)
}

/**
 * Finds the certificate in a header that a proxy sets: `client-cert` as RFC 9440 has it, any other as PEM that is
 * URL-encoded (`$ssl_client_escaped_cert` of nginx). Only for an API that nobody reaches but through that proxy, and a proxy
 * that removes the header from what it receives: whoever can send it himself can use a stolen token.
 */
export const certificateFromHeader =
  (name: string): CertificateFinder =>
  ({ header }) => {
    const lines = header(name.toLowerCase())
    const [line] = lines
    if (line === undefined || line === '') return undefined
    if (lines.length > 1) throw new Error(`There are several ${name} headers`)
    const base64 = name.toLowerCase() === 'client-cert' ? /^:([A-Za-z0-9+/=]+):$/.exec(line)?.[1] : pemBody(line)
    if (base64 === undefined) throw new Error(`The ${name} header holds no certificate`)
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  }

const pemBody = (line: string): string | undefined =>
  /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/
    .exec(decodeURIComponent(line))?.[1]
    ?.replace(/\s/g, '')
