import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { StoreAddressError } from '../store.ts'

/** Where a database is, as whom to connect, and how the connection is protected. */
export type Address = {
  /** Host name or address; a folder for a socket of this machine. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | undefined
  /** `false`: not encrypted. */
  readonly ssl: false | ConnectionOptions
}

/** What the settings say about an address besides its URL. */
export type AddressOptions = {
  /** For the user of the URL, instead of a password in it. */
  readonly password?: string | undefined
  /** PEM file with the CAs that certificates of the database are checked against; by default those of Node. */
  readonly caFile?: string | undefined
  /** Allows a connection beyond loopback that is not encrypted, or to nobody knows whom. */
  readonly insecure?: boolean | undefined
}

const schemes: readonly string[] = ['postgres:', 'postgresql:']
const knownParameters: readonly string[] = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'application_name']

const refuse = (sentence: string): never => {
  throw new StoreAddressError(`the URL of the PostgreSQL store ${sentence}`)
}

/** Never says what it cannot read: there may be a password in it. */
const parse = (text: string): URL => {
  const url = URL.parse(text)
  // Of a password that is not encoded a part stands where the database or a parameter should.
  const isTorn = url !== null && (/[/@]/.test(url.pathname.slice(1)) || url.search.includes('@') || url.hash !== '')
  if (url === null || isTorn || !schemes.includes(url.protocol)) {
    return refuse(
      'is not one: postgres://user@host:5432/database (what is no letter or digit in a password is encoded, an IPv6 address in brackets)',
    )
  }
  for (const name of url.searchParams.keys()) {
    if (knownParameters.includes(name)) continue
    // Behind a ? may be the rest of a password.
    const shown = /^[a-z_]+$/.test(name) ? ` ${name}` : ''
    refuse(`has an unknown parameter${shown} (known: ${knownParameters.join(', ')})`)
  }
  return url
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('has a % that encodes nothing')
  }
}

const hostOf = (url: URL): string =>
  url.searchParams.get('host') || decoded(url.hostname).replace(/^\[|\]$/g, '') || '127.0.0.1'

const isLocal = (host: string): boolean =>
  host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const readPem = (file: string, what: string): string => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw new StoreAddressError(`${what} ${file} cannot be read (${code})`)
  }
  // Node takes any text for a list of CAs, which is then empty.
  if (!text.includes('-----BEGIN ')) throw new StoreAddressError(`${what} ${file} is not in PEM`)
  return text
}

/**
 * The modes of libpq that say what they do: `disable`, `verify-ca` (any host of that CA) and `verify-full`, the default
 * beyond this machine. `require`, which believes every certificate, only where it is said that this may be insecure.
 */
const protection = (url: URL, host: string, { caFile, insecure = false }: AddressOptions): Address['ssl'] => {
  const parameter = (name: string): string => url.searchParams.get(name) ?? ''
  const mode = parameter('sslmode') || (isLocal(host) ? 'disable' : 'verify-full')
  if (!['disable', 'require', 'verify-ca', 'verify-full'].includes(mode)) {
    refuse(
      ['allow', 'prefer'].includes(mode)
        ? `has sslmode ${mode}, which may or may not encrypt: use verify-full`
        : `has an unknown sslmode ${mode}: use verify-full`,
    )
  }
  if (mode === 'disable') {
    if (!isLocal(host) && !insecure)
      refuse('leaves the connection unencrypted beyond loopback: use sslmode=verify-full')
    return false
  }
  if (mode === 'require' && !insecure) {
    refuse('has sslmode require, which encrypts and believes anybody: use verify-full (and name your CA)')
  }
  const authorities = parameter('sslrootcert') || caFile || ''
  const certificate = parameter('sslcert')
  const key = parameter('sslkey')
  if ((certificate === '') !== (key === '')) refuse('has one of sslcert and sslkey: both or neither')
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: mode !== 'require',
    ...(authorities === '' ? {} : { ca: readPem(authorities, 'the CA file of the database') }),
    ...(certificate === ''
      ? {}
      : {
          cert: readPem(certificate, 'the certificate for the database'),
          key: readPem(key, 'the key for the database'),
        }),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    // An address has no server name to ask for; the certificate is checked against the address all the same.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  }
}

/** Variables that the driver reads by itself, and that would change what sessions promise. */
const foreignVariables: readonly string[] = ['PGOPTIONS', 'PGREPLICATION']

/**
 * Reads the URL of a database, as libpq writes it: `postgres://user@host:5432/database?sslmode=verify-full`, or
 * `postgres://user@%2Fvar%2Frun%2Fpostgresql/database` for a socket.
 * @throws StoreAddressError, which never quotes the URL
 */
export const readAddress = (
  text: string,
  options: AddressOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
): Address => {
  for (const name of foreignVariables) {
    if (environment[name])
      throw new StoreAddressError(`${name} is set, and would change what the store promises: unset it`)
  }
  const url = parse(text)
  const host = hostOf(url)
  const database = decoded(url.pathname.slice(1))
  const user = decoded(url.username)
  if (host.includes(',')) refuse('names several hosts: give one that leads to the primary')
  if (database === '') refuse('names no database')
  if (user === '') refuse('names no user')
  if (url.password !== '' && options.password !== undefined) {
    refuse('has a password, and there is one in the settings: give one of them')
  }
  return {
    host,
    port: Number(url.port || 5432),
    database,
    user,
    password: url.password === '' ? options.password : decoded(url.password),
    ssl: protection(url, host, options),
  }
}

/** An address for people, without what is secret. */
export const describeAddress = (text: string): string => {
  const url = parse(text)
  const host = hostOf(url)
  const database = decoded(url.pathname.slice(1))
  if (host.startsWith('/')) return `PostgreSQL ${database} at ${host}`
  return `PostgreSQL ${database} at ${host.includes(':') ? `[${host}]` : host}:${url.port || 5432}`
}
