/** The settings of the process (design: configuration of the first kind). The domain is configured in the store, never here. */

type Common = {
  /** Path in `mintmark.yaml`, such as `public.port`. */
  readonly path: string
  readonly environment: string
  /** Command-line flag, where there is one. */
  readonly flag?: string
  /** What it means, in one sentence. */
  readonly sentence: string
}

export type TextSetting = Common & {
  readonly type: 'text'
  readonly default: string
  /** What the default is where it is not a constant, for people. */
  readonly defaultText?: string
  /** A secret is never printed, and may come from a file named by the environment name and `_FILE`. */
  readonly secret?: true
  /** A URL that may hold a password, which is not printed. */
  readonly address?: true
  readonly choices?: readonly string[]
}

export type NumberSetting = Common & {
  readonly type: 'integer'
  readonly default: number
  readonly minimum: number
  readonly maximum: number
  readonly unit: string
}

export type SwitchSetting = Common & { readonly type: 'switch'; readonly default: boolean }

export type Setting = TextSetting | NumberSetting | SwitchSetting

const text = <const S extends Omit<TextSetting, 'type'>>(setting: S) => ({ ...setting, type: 'text' }) as const
const integer = <const S extends Omit<NumberSetting, 'type'>>(setting: S) => ({ ...setting, type: 'integer' }) as const
const flag = <const S extends Omit<SwitchSetting, 'type'>>(setting: S) => ({ ...setting, type: 'switch' }) as const

/** Every setting, once: file, environment, flags, checks, `config print` and the reference page derive from this. */
export const settings = {
  url: text({
    path: 'url',
    environment: 'MINTMARK_URL',
    flag: '--url',
    default: '',
    defaultText: 'http://localhost:{public.port}, or https with TLS',
    sentence: 'Base URL under which clients reach the public listener; issuers begin with it.',
  }),
  adminUrl: text({
    path: 'admin.url',
    environment: 'MINTMARK_ADMIN_URL',
    flag: '--admin-url',
    default: '',
    defaultText: 'http://localhost:{admin.port}, or https with TLS',
    sentence: 'Base URL under which administrators reach the management listener.',
  }),
  publicHost: text({
    path: 'public.host',
    environment: 'MINTMARK_PUBLIC_HOST',
    flag: '--public-host',
    default: '127.0.0.1',
    sentence: 'Address the public listener binds to.',
  }),
  publicPort: integer({
    path: 'public.port',
    environment: 'MINTMARK_PUBLIC_PORT',
    flag: '--public-port',
    default: 6749,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the public listener; 0 takes a free one.',
  }),
  adminHost: text({
    path: 'admin.host',
    environment: 'MINTMARK_ADMIN_HOST',
    flag: '--admin-host',
    default: '127.0.0.1',
    sentence: 'Address the management listener binds to.',
  }),
  adminPort: integer({
    path: 'admin.port',
    environment: 'MINTMARK_ADMIN_PORT',
    flag: '--admin-port',
    default: 6750,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the management listener; 0 takes a free one.',
  }),
  dataDirectory: text({
    path: 'dataDirectory',
    environment: 'MINTMARK_DATA_DIR',
    flag: '--data-dir',
    default: './mintmark-data',
    sentence: 'Directory for the embedded database, the master key and the first administrator credential.',
  }),
  store: text({
    path: 'store',
    environment: 'MINTMARK_STORE',
    flag: '--store',
    default: 'sqlite:mintmark.sqlite',
    address: true,
    sentence:
      'Where workspaces, clients, keys and audit events are kept: sqlite:file, relative to the data directory, or postgres://user@host/database.',
  }),
  storePassword: text({
    path: 'storePassword',
    environment: 'MINTMARK_STORE_PASSWORD',
    default: '',
    defaultText: 'none',
    secret: true,
    sentence: 'Password of the user of a PostgreSQL store, instead of one in its URL.',
  }),
  storeListenUrl: text({
    path: 'storeListenUrl',
    environment: 'MINTMARK_STORE_LISTEN_URL',
    default: '',
    defaultText: 'the URL of the store',
    address: true,
    sentence:
      'URL of the same PostgreSQL itself, where the one of the store is that of a pooler such as PgBouncer: news of other nodes come over it.',
  }),
  storeCaFile: text({
    path: 'storeCaFile',
    environment: 'MINTMARK_STORE_CA_FILE',
    default: '',
    defaultText: 'those of Node',
    sentence: 'Certificates, as PEM, that the certificate of a PostgreSQL store is checked against.',
  }),
  storeInsecure: flag({
    path: 'storeInsecure',
    environment: 'MINTMARK_STORE_INSECURE',
    default: false,
    sentence:
      'Allows a connection to PostgreSQL beyond loopback that is not encrypted, or whose other end is not verified.',
  }),
  storeConnections: integer({
    path: 'storeConnections',
    environment: 'MINTMARK_STORE_CONNECTIONS',
    default: 10,
    minimum: 5,
    maximum: 1000,
    unit: 'connections',
    sentence: 'Connections of this node to PostgreSQL at the most.',
  }),
  masterKey: text({
    path: 'masterKey',
    environment: 'MINTMARK_MASTER_KEY',
    default: '',
    defaultText: 'the file master-key in the data directory, made on first start',
    secret: true,
    sentence: 'Key under which signing keys are sealed at rest: 32 bytes, base64 or hexadecimal.',
  }),
  previousMasterKey: text({
    path: 'previousMasterKey',
    environment: 'MINTMARK_MASTER_KEY_PREVIOUS',
    default: '',
    defaultText: 'none',
    secret: true,
    sentence: 'The master key before this one: what is sealed under it is sealed anew at start.',
  }),
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
    sentence: 'Addresses and ranges of proxies, separated by commas, that may pass on the certificate of a client.',
  }),
  proxyCertificateHeader: text({
    path: 'proxy.certificateHeader',
    environment: 'MINTMARK_PROXY_CERTIFICATE_HEADER',
    default: 'off',
    choices: ['off', 'client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert', 'ssl-client-cert', 'x-client-cert'],
    sentence:
      'Header in which those proxies pass it on: client-cert (RFC 9440), x-forwarded-client-cert (Envoy), or one of the others (URL-encoded PEM, as nginx has it).',
  }),
  insecureHttp: flag({
    path: 'insecureHttp',
    environment: 'MINTMARK_INSECURE_HTTP',
    default: false,
    sentence:
      'Allows http URLs and unencrypted listeners beyond loopback, for a network that encrypts by itself; loud in the log.',
  }),
  bodyLimit: integer({
    path: 'limits.body',
    environment: 'MINTMARK_LIMIT_BODY',
    default: 16_384,
    minimum: 1024,
    maximum: 1_048_576,
    unit: 'bytes',
    sentence: 'Largest request body of the public listener.',
  }),
  adminBodyLimit: integer({
    path: 'limits.adminBody',
    environment: 'MINTMARK_LIMIT_ADMIN_BODY',
    default: 8_388_608,
    minimum: 16_384,
    maximum: 134_217_728,
    unit: 'bytes',
    sentence: 'Largest request body of the management listener.',
  }),
  headerLimit: integer({
    path: 'limits.headers',
    environment: 'MINTMARK_LIMIT_HEADERS',
    default: 16_384,
    minimum: 4096,
    maximum: 131_072,
    unit: 'bytes',
    sentence: 'Largest request line and headers together.',
  }),
  connectionLimit: integer({
    path: 'limits.connections',
    environment: 'MINTMARK_LIMIT_CONNECTIONS',
    default: 10_000,
    minimum: 10,
    maximum: 1_000_000,
    unit: 'connections',
    sentence: 'Connections the public listener keeps open at the most.',
  }),
  concurrentLimit: integer({
    path: 'limits.concurrent',
    environment: 'MINTMARK_LIMIT_CONCURRENT',
    default: 128,
    minimum: 1,
    maximum: 100_000,
    unit: 'requests',
    sentence:
      'Requests that are worked on at once; counted apart for those that need a write and those that only read.',
  }),
  waitingLimit: integer({
    path: 'limits.waiting',
    environment: 'MINTMARK_LIMIT_WAITING',
    default: 1000,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'requests',
    sentence: 'Requests of each of the two kinds that wait for their turn; one more is refused with 503.',
  }),
  waitTime: integer({
    path: 'limits.waitTime',
    environment: 'MINTMARK_LIMIT_WAIT_TIME',
    default: 1000,
    minimum: 0,
    maximum: 60_000,
    unit: 'ms',
    sentence: 'Time a request waits for its turn before it is refused with 503.',
  }),
  headersTimeout: integer({
    path: 'limits.headersTimeout',
    environment: 'MINTMARK_LIMIT_HEADERS_TIMEOUT',
    default: 10_000,
    minimum: 100,
    maximum: 120_000,
    unit: 'ms',
    sentence: 'Time a caller has to send its headers.',
  }),
  requestTimeout: integer({
    path: 'limits.requestTimeout',
    environment: 'MINTMARK_LIMIT_REQUEST_TIMEOUT',
    default: 30_000,
    minimum: 100,
    maximum: 600_000,
    unit: 'ms',
    sentence: 'Time a caller has to send its whole request.',
  }),
  keepAliveTimeout: integer({
    path: 'limits.keepAliveTimeout',
    environment: 'MINTMARK_LIMIT_KEEP_ALIVE',
    default: 75_000,
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    sentence: 'Time an idle connection is kept open.',
  }),
  drainTimeout: integer({
    path: 'limits.drainTimeout',
    environment: 'MINTMARK_DRAIN_TIMEOUT',
    default: 15_000,
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    sentence: 'Time accepted requests have to finish after SIGTERM; then they are cut, and the exit code is 1.',
  }),
  drainDelay: integer({
    path: 'limits.drainDelay',
    environment: 'MINTMARK_DRAIN_DELAY',
    default: 0,
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    sentence:
      'Time after SIGTERM in which readiness is 503 and requests are still accepted, for load balancers to notice.',
  }),
  clientCache: integer({
    path: 'cache.clients',
    environment: 'MINTMARK_CACHE_CLIENTS',
    default: 2_000_000,
    minimum: 10,
    maximum: 10_000_000,
    unit: 'clients',
    sentence: 'Clients kept in memory: about 0.5 KB each for the first 20,000, 0.1 KB for those beyond.',
  }),
  metadataMaxAge: integer({
    path: 'cache.metadataMaxAge',
    environment: 'MINTMARK_METADATA_MAX_AGE',
    default: 900,
    minimum: 0,
    maximum: 86_400,
    unit: 's',
    sentence: 'How long verifiers may keep metadata and keys; new keys are announced for longer.',
  }),
  keysActive: integer({
    path: 'keys.active',
    environment: 'MINTMARK_KEYS_ACTIVE',
    default: 90,
    minimum: 1,
    maximum: 3650,
    unit: 'days',
    sentence: 'How long a key signs or seals before its successor does.',
  }),
  keysAnnounced: integer({
    path: 'keys.announced',
    environment: 'MINTMARK_KEYS_ANNOUNCED',
    default: 3600,
    minimum: 0,
    maximum: 2_592_000,
    unit: 's',
    sentence:
      'How long a key is published before it signs; always at least a minute longer than verifiers may keep the key set.',
  }),
  outboundAllowed: text({
    path: 'outbound.allowed',
    environment: 'MINTMARK_OUTBOUND_ALLOWED',
    default: '',
    defaultText: 'none',
    sentence:
      'Private addresses and ranges, separated by commas, where keys that clients and trusted issuers publish may be fetched from; public ones always may.',
  }),
  outboundCaFile: text({
    path: 'outbound.caFile',
    environment: 'MINTMARK_OUTBOUND_CA_FILE',
    default: '',
    defaultText: 'those of Node',
    sentence: 'Certificates, as PEM, that are trusted when keys that clients and trusted issuers publish are fetched.',
  }),
  leakReportScanners: text({
    path: 'leakReports.scanners',
    environment: 'MINTMARK_LEAK_REPORTS_SCANNERS',
    default: '',
    defaultText: 'none',
    sentence:
      'Who may report leaks to /leak-reports/NAME, separated by commas: NAME=URL with the https URL of its public keys, or NAME=FILE with the keys.',
  }),
  leakReportAnswer: text({
    path: 'leakReports.answer',
    environment: 'MINTMARK_LEAK_REPORTS_ANSWER',
    default: 'nothing',
    choices: ['nothing', 'labels'],
    sentence: 'What a scanner is answered: nothing, or labels that tell which of its findings are ours.',
  }),
  webhooksAllowed: text({
    path: 'webhooks.allowed',
    environment: 'MINTMARK_WEBHOOKS_ALLOWED',
    default: '',
    defaultText: 'none',
    sentence:
      'Hosts, addresses and ranges on private networks, separated by commas, where webhooks may be; public ones always may. http is for loopback alone.',
  }),
  auditSpoolLimit: integer({
    path: 'audit.spoolLimit',
    environment: 'MINTMARK_AUDIT_SPOOL_LIMIT',
    default: 64,
    minimum: 1,
    maximum: 65_536,
    unit: 'MiB',
    sentence:
      'How much the audit events may take, in the data directory and in memory, that wait while the store is away; of workspaces with the policy auditOutage available.',
  }),
  auditOutageLimit: integer({
    path: 'audit.outageLimit',
    environment: 'MINTMARK_AUDIT_OUTAGE_LIMIT',
    default: 300,
    minimum: 1,
    maximum: 86_400,
    unit: 's',
    sentence: 'For how long such workspaces issue tokens by what this node knew before the store was away.',
  }),
  auditRetention: integer({
    path: 'audit.retention',
    environment: 'MINTMARK_AUDIT_RETENTION',
    default: 90,
    minimum: 1,
    maximum: 36_500,
    unit: 'days',
    sentence: 'How long audit events are kept.',
  }),
  gatewayRoutes: text({
    path: 'gateway.routes',
    environment: 'MINTMARK_GATEWAY_ROUTES',
    flag: '--gateway-routes',
    default: '',
    defaultText: 'none',
    sentence: 'Route table of the verifier for gateways, which then runs beside the server, on a listener of its own.',
  }),
  gatewayHost: text({
    path: 'gateway.host',
    environment: 'MINTMARK_GATEWAY_HOST',
    default: '127.0.0.1',
    sentence: 'Address the listener for gateways binds to.',
  }),
  gatewayPort: integer({
    path: 'gateway.port',
    environment: 'MINTMARK_GATEWAY_PORT',
    default: 6752,
    minimum: 0,
    maximum: 65_535,
    unit: 'port',
    sentence: 'Port of the listener for gateways; 0 takes a free one.',
  }),
  gatewayPeers: text({
    path: 'gateway.peers',
    environment: 'MINTMARK_GATEWAY_PEERS',
    default: '',
    defaultText: 'this machine',
    sentence: 'Addresses and ranges that may ask the verifier, separated by commas.',
  }),
  logLevel: text({
    path: 'log.level',
    environment: 'MINTMARK_LOG_LEVEL',
    flag: '--log-level',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    sentence: 'Least severe log line that is written.',
  }),
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof settings

type ValueOf<S extends Setting> = S extends { type: 'integer' }
  ? number
  : S extends { type: 'switch' }
    ? boolean
    : string

/** The settings of a process, checked, defaulted and frozen. */
export type Config = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> }
