import { proxyRanges } from '../config/safety.ts'
import type { Config } from '../config/schema.ts'
import type { CertificateProxy } from '../http/certificate-headers.ts'
import { createDevCertificate, type DevCertificate } from '../http/dev-certificate.ts'
import { type TlsSource, tlsFromFiles } from '../http/tls.ts'
import type { Clock } from '../lib/clock.ts'

/** Where the certificate of the listeners comes from; undefined without TLS. */
export const tlsSource = (config: Config, directory: string, clock: Clock): TlsSource | DevCertificate | undefined => {
  if (config.tls === 'off') return undefined
  if (config.tls === 'dev') return createDevCertificate(directory, clock.now)
  return tlsFromFiles({ cert: config.tlsCertFile, key: config.tlsKeyFile }, clock.now)
}

/** The proxies that pass on certificates of clients; undefined where there are none. */
export const certificateProxy = (config: Config): CertificateProxy | undefined =>
  config.proxyCertificateHeader === 'off'
    ? undefined
    : { addresses: proxyRanges(config), header: config.proxyCertificateHeader }
