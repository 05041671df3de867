import { constants, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** TLS cannot be had: files unreadable, not matching, or out of their time. One line; stops the start. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

/** A certificate chain (the server's own first) and its private key, both PEM. */
export type TlsMaterial = { readonly cert: string; readonly key: string }

/** Where the certificate and key of a server come from. */
export type TlsSource = {
  /**
   * Reads them, as they are now.
   * @throws TlsError
   */
  readonly read: () => Promise<TlsMaterial>
}

/**
 * What both listeners demand of a connection (RFC 9325 §3 and §4): TLS 1.2 or 1.3, forward secrecy and authenticated
 * encryption only, no renegotiation. With TLS 1.2 only the four cipher suites that RFC 9325 §4.2 recommends, as the FAPI 2.0
 * Security Profile §5.2.2 demands.
 */
export const tlsRules = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const

const message = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code ?? (error instanceof Error ? error.message : String(error))
}

const attempt = <T>(what: string, action: () => T): T => {
  try {
    return action()
  } catch (error) {
    throw new TlsError(`${what} (${message(error)})`)
  }
}

/**
 * Checks that a certificate is in its time and belongs to the key.
 * @param names what to call certificate and key in errors, such as their files
 * @param now epoch milliseconds
 * @throws TlsError
 */
export const checkMaterial = (
  { cert, key }: TlsMaterial,
  names: { readonly cert: string; readonly key: string },
  now: number,
): TlsMaterial => {
  const certificate = attempt(`${names.cert} is not a PEM certificate`, () => new X509Certificate(cert))
  const privateKey = attempt(`${names.key} is not a PEM private key without a passphrase`, () => createPrivateKey(key))
  if (!createPublicKey(privateKey).equals(certificate.publicKey)) {
    throw new TlsError(`the private key ${names.key} does not belong to the certificate ${names.cert}`)
  }
  const { validFromDate, validToDate } = certificate
  if (validToDate.getTime() <= now) {
    throw new TlsError(`the certificate ${names.cert} expired at ${validToDate.toISOString()}: renew it`)
  }
  if (validFromDate.getTime() > now) {
    throw new TlsError(
      `the certificate ${names.cert} is valid from ${validFromDate.toISOString()} only: check the clock`,
    )
  }
  return { cert, key }
}

/** Certificate and key from PEM files, checked at each reading. */
export const tlsFromFiles = (files: { readonly cert: string; readonly key: string }, now: () => number): TlsSource => ({
  read: async () =>
    checkMaterial(
      {
        cert: attempt(`the certificate file ${files.cert} cannot be read`, () => readFileSync(files.cert, 'utf8')),
        key: attempt(`the key file ${files.key} cannot be read`, () => readFileSync(files.key, 'utf8')),
      },
      files,
      now(),
    ),
})
