import { flag, integer, type Setting, text } from '../setting.ts'

/** TLS of the listeners, and how certificates of clients arrive (RFC 8705, RFC 9440). */
export const tlsSettings = {
  tls: text({
    path: 'tls.mode',
    environment: 'MINTMARK_TLS',
    flag: '--tls',
    default: 'off',
    choices: ['off', 'dev', 'files'],
    sentence: 'TLS of both listeners: off, dev (a self-signed certificate in the data directory), or files.',
  }),
  tlsCertFile: text({
    path: 'tls.certFile',
    environment: 'MINTMARK_TLS_CERT_FILE',
    default: '',
    defaultText: 'none',
    sentence: 'PEM file with the certificate chain, for TLS from files.',
  }),
  tlsKeyFile: text({
    path: 'tls.keyFile',
    environment: 'MINTMARK_TLS_KEY_FILE',
    default: '',
    defaultText: 'none',
    sentence: 'PEM file with the private key, for TLS from files.',
  }),
  mtls: flag({
    path: 'mtls.enabled',
    environment: 'MINTMARK_MTLS',
    default: false,
    sentence: 'Whether a third listener takes clients that prove themselves by a certificate (RFC 8705); needs TLS.',
  }),
  mtlsPort: integer({
    path: 'mtls.port',
    environment: 'MINTMARK_MTLS_PORT',
    default: 6756,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence:
      'Port of the listener for clients with certificates, at the address of the public one; 0 takes a free one.',
  }),
  mtlsUrl: text({
    path: 'mtls.url',
    environment: 'MINTMARK_MTLS_URL',
    default: '',
    defaultText: 'https://localhost:{mtls.port}',
    sentence:
      'Base URL under which clients reach the listener for clients with certificates, or a proxy that takes them; metadata names it.',
  }),
  mtlsCrlFile: text({
    path: 'mtls.crlFile',
    environment: 'MINTMARK_MTLS_CRL_FILE',
    default: '',
    defaultText: 'none',
    sentence: 'Revocation lists of CAs, as PEM, that client certificates are checked against; read again every minute.',
  }),
  proxyAddresses: text({
    path: 'proxy.addresses',
    environment: 'MINTMARK_PROXY_ADDRESSES',
    default: '',
    defaultText: 'none',
    sentence:
      'Addresses and ranges of proxies, separated by commas, that may pass on the address or the certificate of a client.',
  }),
  proxyCertificateHeader: text({
    path: 'proxy.certificateHeader',
    environment: 'MINTMARK_PROXY_CERTIFICATE_HEADER',
    default: 'off',
    choices: ['off', 'client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert', 'ssl-client-cert', 'x-client-cert'],
    sentence:
      'Header in which those proxies pass it on: client-cert (RFC 9440), x-forwarded-client-cert (Envoy), or one of the others (URL-encoded PEM, as nginx has it).',
  }),
  proxyAddressHeader: text({
    path: 'proxy.addressHeader',
    environment: 'MINTMARK_PROXY_ADDRESS_HEADER',
    default: 'off',
    choices: ['off', 'x-forwarded-for', 'x-real-ip'],
    sentence:
      'Header in which those proxies say whose request it is: its last address that is not one of theirs is the address of the caller.',
  }),
  insecureHttp: flag({
    path: 'insecureHttp',
    environment: 'MINTMARK_INSECURE_HTTP',
    default: false,
    sentence:
      'Allows http URLs and unencrypted listeners beyond loopback, for a network that encrypts by itself; loud in the log.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
