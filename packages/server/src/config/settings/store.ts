import { flag, integer, type Setting, text } from '../setting.ts'

/** Where everything is kept, and the key it is sealed under. */
export const storeSettings = {
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
} as const satisfies Readonly<Record<string, Setting>>
