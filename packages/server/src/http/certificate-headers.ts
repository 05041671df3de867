import { OAuthError } from '@mintmark/protocol'
import { decodeBase64, readPem } from '../certificates/pem.ts'
import type { ClientCertificates } from '../lib/message.ts'
import { addressAllowed } from '../policy/addresses.ts'

/** The proxies that may speak for a client's certificate, and how they do. */
export type CertificateProxy = {
  /** Addresses and ranges; never empty. */
  readonly addresses: readonly string[]
  /** Name of the header, lower case. */
  readonly header: string
}

/** Reads the value of a header, and of the one for the chain; undefined when it is malformed. */
type Form = (value: string, chain: string | undefined) => ClientCertificates | undefined

const maximumOthers = 10

/** A byte sequence of RFC 9651 §3.3.5. */
const byteSequence = (item: string): Uint8Array | undefined => {
  const text = /^:([A-Za-z0-9+/=]+):$/.exec(item.trim())?.[1]
  return text === undefined ? undefined : decodeBase64(text)
}

/** RFC 9440 §2: an item, and a list of them; neither has parameters that mean anything. */
const clientCert: Form = (value, chain) => {
  const own = byteSequence(value)
  const items = chain === undefined || chain.trim() === '' ? [] : chain.split(',')
  const others = items.flatMap((item) => byteSequence(item) ?? [])
  const whole = own !== undefined && others.length === items.length && items.length <= maximumOthers
  return whole ? { own, others } : undefined
}

const escapedPem = (value: string): readonly Uint8Array[] | undefined => {
  try {
    return readPem(decodeURIComponent(value), 'CERTIFICATE')
  } catch {
    return undefined
  }
}

/** `$ssl_client_escaped_cert` of nginx: PEM, URL-encoded; the client's own alone. */
const escaped: Form = (value) => {
  const [own, ...more] = escapedPem(value) ?? []
  return own === undefined || more.length > 0 ? undefined : { own, others: [] }
}

const envoyPair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=\\]*))(;|$)/y

/** The keys and values of an element of Envoy's header; undefined when it is malformed, or several elements. */
const envoyElement = (value: string): ReadonlyMap<string, string> | undefined => {
  const pairs = new Map<string, string>()
  envoyPair.lastIndex = 0
  for (let at = 0; at < value.length; at = envoyPair.lastIndex) {
    const pair = envoyPair.exec(value)
    if (pair === null) return undefined
    const name = (pair[1] ?? '').toLowerCase()
    // A client may be known by several names of its certificate, and by one certificate alone.
    if (pairs.has(name) && (name === 'cert' || name === 'chain')) return undefined
    pairs.set(name, pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3] ?? '')
    if (pair[4] === ';' && envoyPair.lastIndex === value.length) return undefined
  }
  return pairs
}

/** `X-Forwarded-Client-Cert` of Envoy: `Chain`, the client's own first, or `Cert`; what it says of them otherwise is not used. */
const forwardedClientCert: Form = (value) => {
  const pairs = envoyElement(value)
  const cert = pairs?.get('cert')
  const chain = pairs?.get('chain')
  const first = cert === undefined ? undefined : escapedPem(cert)?.[0]
  if (cert !== undefined && first === undefined) return undefined
  if (chain === undefined) return first && { own: first, others: [] }
  const [own, ...others] = escapedPem(chain) ?? []
  if (own === undefined || others.length > maximumOthers) return undefined
  return first === undefined || Buffer.compare(first, own) === 0 ? { own, others } : undefined
}

const forms: Readonly<Record<string, Form>> = {
  'client-cert': clientCert,
  'x-forwarded-client-cert': forwardedClientCert,
  'x-ssl-client-cert': escaped,
  'ssl-client-cert': escaped,
  'x-client-cert': escaped,
}

const chainHeader = 'client-cert-chain'

/** The one line of a header; undefined when there is none. @throws OAuthError when there are several */
const onlyLine = (rawHeaders: readonly string[], name: string): string | undefined => {
  let found: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== name) continue
    if (found !== undefined) throw malformed()
    found = rawHeaders[index + 1] ?? ''
  }
  return found
}

const malformed = (): OAuthError =>
  new OAuthError('invalid_request', 'The request is not well-formed.', { status: 400, check: 'certificate-header' })

/**
 * The certificates that a configured proxy took from a client in its stead. From every other address the header is not
 * looked at, and no other header is from anybody (RFC 9440 §4).
 * @param address of the connection itself
 * @throws OAuthError `invalid_request` when a proxy sends what cannot be read: to pass over it would be a guess
 */
export const forwardedCertificates = (
  { addresses, header }: CertificateProxy,
  rawHeaders: readonly string[],
  address: string,
): ClientCertificates | undefined => {
  if (!addressAllowed(addresses, address)) return undefined
  const value = onlyLine(rawHeaders, header)
  if (value === undefined || value === '') return undefined
  const chain = header === 'client-cert' ? onlyLine(rawHeaders, chainHeader) : undefined
  const certificates = forms[header]?.(value, chain)
  if (certificates === undefined) throw malformed()
  return certificates
}
