import type { PeerCertificate } from 'node:tls'
import { StoreOpenError } from '../store.ts'
import type { Address } from './address.ts'
import { reasonOf } from './guard.ts'

type Advice = (address: Address, error: Error) => string

const unknownAuthority: Advice = () =>
  'its certificate is of no CA that is trusted here: name the CA in storeCaFile (MINTMARK_STORE_CA_FILE)'

const unknownName: Advice = () => 'nobody knows this host name: check it, and the name service of this machine'
const noWay: Advice = () => 'there is no way from this machine to that host'
const noAnswer: Advice = () => 'it did not answer in time: check the host and port, and firewalls on the way'
const readOnly: Advice = () =>
  'it takes no writes, as a standby or by default_transaction_read_only: give the address of the primary'

const otherName: Advice = ({ host }, error) => {
  const names = 'cert' in error ? (error.cert as PeerCertificate | undefined)?.subjectaltname : undefined
  return `its certificate does not match the host ${host} (it is for ${names ?? 'no name'}): connect by a name that it is for, or say sslmode=verify-ca`
}

/** What to do, by the codes of the system, of Node's TLS and of PostgreSQL. */
const byCode: Readonly<Record<string, Advice>> = {
  ECONNREFUSED: () => 'nothing listens there: check the host and port, and that PostgreSQL runs and listens there',
  ENOENT: () => 'there is no socket in that folder: check it, and that PostgreSQL runs',
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  ETIMEDOUT: noAnswer,
  ECONNRESET: () => 'the other end hung up: is it a PostgreSQL?',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: () => 'its certificate has expired: renew it',
  ERR_TLS_CERT_ALTNAME_INVALID: otherName,
  // invalid_password, invalid_authorization_specification, invalid_catalog_name, insufficient_privilege
  '28P01': ({ user }) =>
    `the password of ${user} is wrong, or there is no such user: check MINTMARK_STORE_PASSWORD, or the file of MINTMARK_STORE_PASSWORD_FILE`,
  '28000': ({ user }) =>
    `it does not let ${user} in: pg_hba.conf must say so for this machine, and the role have LOGIN`,
  '3D000': ({ database }) => `there is no database ${database}: make it (createdb), or correct the URL`,
  '42501': ({ user }) => `${user} lacks a right that deploy/postgres gives`,
  // invalid_schema_name
  '3F000': ({ user }) =>
    `there is no schema for ${user}: run deploy/postgres/2-database.sql in this database, or check the search_path of the role`,
  // too_many_connections, cannot_connect_now, read_only_sql_transaction
  '53300': () => 'it has no connection left: raise its max_connections, or lower storeConnections of the nodes',
  '57P03': () => 'it is starting up or shutting down: try again',
  '25006': readOnly,
}

/** What the driver says without a code. */
const byMessage: readonly (readonly [RegExp, Advice])[] = [
  [
    /client password must be a/,
    ({ user }) =>
      `it asks for the password of ${user}, and none is given: set MINTMARK_STORE_PASSWORD or MINTMARK_STORE_PASSWORD_FILE`,
  ],
  [/timeout expired|connection timeout/, noAnswer],
  [/is a standby/, readOnly],
  [/does not support SSL/, () => 'it does not offer TLS: set ssl = on there'],
  [/Connection terminated unexpectedly/, () => 'the other end hung up: is it a PostgreSQL?'],
  [
    /unsupported startup parameter/,
    () =>
      'a pooler such as PgBouncer is there: give the URL of PostgreSQL itself as storeListenUrl (MINTMARK_STORE_LISTEN_URL)',
  ],
]

const adviceFor = (error: Error): Advice | undefined => {
  const code = 'code' in error ? String(error.code) : ''
  return byCode[code] ?? byMessage.find(([pattern]) => pattern.test(error.message))?.[1]
}

/**
 * Why a database cannot be opened: what to do about it, where we know, and in brackets what was said.
 * @param place the database for people
 */
export const openFailure = (error: unknown, place: string, address: Address): StoreOpenError => {
  if (error instanceof StoreOpenError) return error
  // Node's own advice, after a semicolon, is for who starts programs by hand.
  const reason = reasonOf(error).split(';')[0] ?? ''
  const advice = error instanceof Error ? adviceFor(error) : undefined
  if (advice === undefined) return new StoreOpenError(`cannot open ${place}: ${reason}`)
  const said = advice === otherName ? '' : ` (${reason})`
  return new StoreOpenError(`cannot open ${place}: ${advice(address, error as Error)}${said}`)
}
