import { createPublicKey } from 'node:crypto'
import type { ClientKeyInput } from '@mintmark/protocol/admin'
import { type Certificate, readCertificate } from '../certificates/certificate.ts'
import { formatName } from '../certificates/distinguished-name.ts'
import { decodeBase64, readPem } from '../certificates/pem.ts'
import type { CertificateCredential } from '../domain/credential.ts'
import { sha256 } from '../lib/digest.ts'

type Input = Extract<ClientKeyInput, { readonly type: 'certificate' }>

/** What a certificate of a client is kept as; `expires` is its own end, in epoch milliseconds. */
export type ClientCertificate = Pick<CertificateCredential, 'match' | 'digest'> & {
  readonly subject?: string
  readonly expires?: number
}

type Wrong = { readonly wrong: string }

/**
 * Reads what a client's certificate is known by (RFC 8705 §2.2): the certificate as PEM or in `x5c` of a JWK, its
 * thumbprint, or the public key of a JWK without a certificate; exactly one of them.
 * @returns a sentence that says what is wrong with it, under `wrong`
 */
export const readClientCertificate = ({ certificate, thumbprint, jwk }: Input): ClientCertificate | Wrong => {
  if ([certificate, thumbprint, jwk].filter((given) => given !== undefined).length !== 1) {
    return { wrong: 'give one of certificate, thumbprint and jwk' }
  }
  if (thumbprint !== undefined) {
    const canonical = Buffer.from(thumbprint, 'base64url').toString('base64url') === thumbprint
    return canonical ? { match: 'certificate', digest: thumbprint } : { wrong: 'its thumbprint is not base64url' }
  }
  if (jwk !== undefined) return readJwk(jwk)
  const [der, ...others] = readPem(certificate ?? '', 'CERTIFICATE') ?? []
  if (der === undefined || others.length > 0) return { wrong: 'it must be one certificate as PEM' }
  return kept(readCertificate(der))
}

const kept = (read: Certificate | undefined): ClientCertificate | Wrong => {
  if (read === undefined) return { wrong: 'it cannot be read' }
  return {
    match: 'certificate',
    digest: read.thumbprint,
    ...(read.subject === undefined ? {} : { subject: formatName(read.subject) }),
    expires: read.notAfter,
  }
}

const readJwk = (jwk: Readonly<Record<string, unknown>>): ClientCertificate | Wrong => {
  if (['d', 'k'].some((name) => name in jwk)) {
    return { wrong: 'it holds a private key or a secret: send the public part, and take that one out of use' }
  }
  let publicKey: Uint8Array
  try {
    publicKey = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' })
  } catch {
    return { wrong: 'its jwk is not a valid key' }
  }
  const digest = sha256(publicKey).toString('base64url')
  const { x5c } = jwk
  if (x5c === undefined) return { match: 'public-key', digest }
  // RFC 7517 §4.7: the first is that of the key.
  const first: unknown = Array.isArray(x5c) ? x5c[0] : undefined
  const der = typeof first === 'string' ? decodeBase64(first) : undefined
  const read = der && readCertificate(der)
  if (read !== undefined && read.keyDigest !== digest)
    return { wrong: 'its jwk is not the key of the certificate in x5c' }
  return kept(read)
}
