import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import type { AuthenticationRequest, ClientCredential } from '../credential.ts'
import { TokenError } from '../errors.ts'
import { fetchOverTls } from './fetch-over-tls.ts'

/** A client's certificate, with those that lead to its CA behind it, and its private key without a passphrase; both PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

export interface MutualTlsOptions {
  /**
   * The certificate, or a function that gives the current one and is asked before every request, such as
   * {@link certificateFromFiles}.
   */
  readonly certificate: ClientCertificate | ((signal: AbortSignal) => ClientCertificate | Promise<ClientCertificate>)
  /** Who is trusted to be the server, PEM. Default: whom Node trusts. */
  readonly ca?: string | readonly string[] | undefined
}

/**
 * Mutual TLS (RFC 8705): the client proves itself with a certificate, by `tls_client_auth` or `self_signed_tls_client_auth`.
 * Its requests go to the endpoints that the server's metadata names for it (`mtls_endpoint_aliases`), on connections that
 * are used for nothing else. A new certificate is used from the next request on.
 * @throws TokenError `invalid_configuration`, at once
 */
export function mutualTls({ certificate, ca }: MutualTlsOptions): ClientCredential {
  if (typeof certificate !== 'function' && !isUsable(certificate)) {
    throw new TokenError('invalid_configuration', 'mutualTls: the certificate or its key is missing')
  }
  let current: { readonly certificate: ClientCertificate; readonly agent: Agent } | undefined

  const agentOf = (one: ClientCertificate): Agent => {
    if (current?.certificate.cert === one.cert && current.certificate.key === one.key) return current.agent
    // Requests that are under way on the former end there; it holds no idle connection for long.
    const agent = new Agent({
      cert: one.cert,
      key: one.key,
      keepAlive: true,
      timeout: idleTimeout,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    })
    current = { certificate: one, agent }
    return agent
  }

  return Object.freeze({
    mutualTls: true,
    authenticate: async ({ clientId, endpoint, signal }: AuthenticationRequest) => {
      if (endpoint.protocol !== 'https:') {
        throw new TokenError('insecure_url', `A certificate proves nothing to ${endpoint.origin}, which is not https`)
      }
      const agent = agentOf(await readCertificate(certificate, signal))
      return { headers: {}, parameters: [['client_id', clientId]] as const, fetch: fetchOverTls(agent) }
    },
    sealingSecret: async (signal: AbortSignal) => {
      const { key } = await readCertificate(certificate, signal)
      return createHash('sha256').update(key).digest('base64url')
    },
  })
}

/** Milliseconds an unused connection is kept. */
const idleTimeout = 10_000

async function readCertificate(
  certificate: MutualTlsOptions['certificate'],
  signal: AbortSignal,
): Promise<ClientCertificate> {
  if (typeof certificate !== 'function') return certificate
  let found: ClientCertificate
  try {
    found = await certificate(signal)
  } catch (error) {
    if (error instanceof TokenError) throw error
    // What went wrong with a key may hold a part of it.
    throw new TokenError('secret_unavailable', 'The function that provides the certificate failed')
  }
  if (isUsable(found)) return found
  throw new TokenError('secret_unavailable', 'The function that provides the certificate gave none')
}

const isUsable = (value: ClientCertificate | undefined): value is ClientCertificate =>
  typeof value?.cert === 'string' && value.cert !== '' && typeof value.key === 'string' && value.key !== ''

/**
 * A certificate and its key in PEM files, read before every request, so that a renewed one needs no restart. Between the two
 * writes of a renewal they do not belong together for a moment: then the pair that was read before is used.
 */
export const certificateFromFiles = ({
  certFile,
  keyFile,
}: {
  readonly certFile: string
  readonly keyFile: string
}): ((signal: AbortSignal) => Promise<ClientCertificate>) => {
  let last: ClientCertificate | undefined
  return async (signal) => {
    const [cert, key] = await Promise.all([readPem(certFile, signal), readPem(keyFile, signal)])
    if (belongTogether(cert, key)) last = { cert, key }
    if (last !== undefined) return last
    throw new TokenError(
      'secret_unavailable',
      `The key in ${keyFile} does not belong to the certificate in ${certFile}`,
    )
  }
}

async function readPem(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
    throw new TokenError('secret_unavailable', `The client certificate could not be read from ${path}${code}`)
  }
}

function belongTogether(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
