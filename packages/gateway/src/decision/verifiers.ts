import { accessSync, constants, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Secret } from '@mintmark/client'
import { secretFromFile } from '@mintmark/client/node'
import type { OAuthError } from '@mintmark/protocol'
import {
  type ApiRequest,
  type IssuerOptions,
  type ProtectedApi,
  type ProtectOptions,
  protect,
  type Verification,
} from '@mintmark/resource-server'
import type { TokenNeeded } from '../routes/route.ts'
import type { RouteTable, TableIssuer } from '../table/route-table.ts'
import type { SecretReference } from '../table/schema.ts'
import { TableError, type TableProblem } from '../table/table-error.ts'

/** What verification takes from outside. */
export type VerifierSurroundings = {
  /** The table's file: it names problems, and files named in the table are seen from where it lies. */
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  /** Milliseconds for one request to an issuer. */
  readonly timeout: number
  readonly onRefusal: (error: OAuthError, request: ApiRequest) => void
  /** Told that an issuer's keys could not be fetched. */
  readonly onTrouble: (error: unknown) => void
}

/** What a route's requests are verified by. */
export type Verifier = {
  readonly api: ProtectedApi
  /** The issuers, for what is asked of them beside verification. */
  readonly issuers: readonly IssuerOptions[]
}

/** Everything that verification was set up with so far, so that a reload keeps what has not changed, memory included. */
export type VerifierMemory = Map<string, Verifier>

/** Files that the table names: who watches it watches them. */
export const filesOf = ({ issuers }: RouteTable, file: string): readonly string[] =>
  issuers.flatMap(({ keys }) => (keys !== undefined && 'jwksFile' in keys ? [beside(file, keys.jwksFile)] : []))

const beside = (file: string, path: string): string => resolve(dirname(file), path)

/**
 * Sets up verification for every route of a table.
 * @param known what was set up before; what is still needed is kept in the memory that is returned
 * @throws TableError for issuers that cannot be used, secrets and files that are not there
 */
export const createVerifiers = (
  { issuers, routes }: RouteTable,
  known: VerifierMemory,
  surroundings: VerifierSurroundings,
): { readonly verifierOf: (needed: TokenNeeded) => Verifier; readonly memory: VerifierMemory } => {
  const { file } = surroundings
  const problems: TableProblem[] = []
  const memory: VerifierMemory = new Map()
  const byNeed = new Map<TokenNeeded, Verifier>()
  const optionsOf = readIssuers(issuers, surroundings, problems)
  if (problems.length > 0) throw new TableError(file, problems)

  for (const { access, line, name } of routes) {
    if (access === 'public') continue
    try {
      const set = optionsOf(access)
      const key = JSON.stringify([access.audience, set.key])
      const verifier = memory.get(key) ?? known.get(key) ?? makeVerifier(access.audience, set.issuers, surroundings)
      memory.set(key, verifier)
      byNeed.set(access, verifier)
      if (access.swap && !set.issuers.some(({ verification }) => verification !== 'offline')) {
        throw new TypeError('swap needs an issuer that is asked by introspection')
      }
    } catch (error) {
      problems.push({
        line,
        sentence: `"${name}": ${error instanceof Error ? error.message.replace(/\.$/, '') : 'unusable'}`,
      })
    }
  }
  if (problems.length > 0) throw new TableError(file, problems)
  return {
    memory,
    verifierOf: (needed) => {
      const verifier = byNeed.get(needed)
      if (verifier === undefined) throw new TypeError('the route is of another table')
      return verifier
    },
  }
}

const makeVerifier = (
  audience: string,
  issuers: readonly IssuerOptions[],
  { fetch, currentTime, now, timeout, onRefusal, onTrouble }: VerifierSurroundings,
): Verifier => {
  const options: ProtectOptions = { issuer: issuers, audience, fetch, currentTime, now, timeout, onRefusal, onTrouble }
  return { api: protect(options), issuers }
}

type IssuerSet = { readonly issuers: readonly IssuerOptions[]; readonly key: unknown }

/** Makes, once for each issuer, what `protect` wants to know; the key holds references to secrets and no secret. */
const readIssuers = (
  issuers: readonly TableIssuer[],
  surroundings: VerifierSurroundings,
  problems: TableProblem[],
): ((needed: TokenNeeded) => IssuerSet) => {
  const read = issuers.map((issuer) => {
    try {
      return { issuer, introspection: introspectionOf(issuer, surroundings), keys: keysOf(issuer, surroundings) }
    } catch (error) {
      const sentence = `the issuer ${issuer.issuer}: ${error instanceof Error ? error.message : 'unusable'}`
      problems.push({ line: issuer.line, sentence })
      return { issuer, introspection: undefined, keys: undefined }
    }
  })
  return ({ audience, verification: ofRoute }) => {
    const trusted = read.filter(({ issuer: { audiences } }) => audiences?.includes(audience) ?? true)
    if (trusted.length === 0) throw new TypeError(`no issuer may issue tokens for ${audience}`)
    const options = trusted.map(({ issuer, introspection, keys }): IssuerOptions => {
      const verification: Verification =
        ofRoute ?? issuer.verification ?? (introspection === undefined ? 'offline' : 'introspection')
      return {
        issuer: issuer.issuer,
        verification,
        introspection,
        keys,
        ...(issuer.algorithms === undefined
          ? {}
          : { algorithms: issuer.algorithms as NonNullable<IssuerOptions['algorithms']> }),
        opaquePrefix: verification === 'offline' ? undefined : issuer.opaquePrefix,
      }
    })
    const key = trusted.map(({ issuer: { line: _, ...issuer }, keys }) => [issuer, keys, ofRoute])
    return { issuers: options, key }
  }
}

const introspectionOf = (
  { introspection }: TableIssuer,
  { file, environment }: VerifierSurroundings,
): IssuerOptions['introspection'] => {
  if (introspection === undefined) return undefined
  const { clientId, clientSecret, maximumAge } = introspection
  const secretOf = (reference: SecretReference): Secret => {
    if ('file' in reference) {
      const path = beside(file, reference.file)
      assertReadable(path)
      return secretFromFile(path)
    }
    const secret = environment[reference.env]
    if (secret === undefined || secret === '') {
      throw new TypeError(`the environment variable ${reference.env} is not set`)
    }
    return secret
  }
  const [newer, older] = Array.isArray(clientSecret) ? clientSecret.map(secretOf) : [secretOf(clientSecret)]
  if (newer === undefined) throw new TypeError('clientSecret is missing')
  return {
    clientId,
    credential: older === undefined ? newer : [newer, older],
    ...(maximumAge === undefined ? {} : { maximumAge: maximumAge * 1000 }),
  }
}

const assertReadable = (path: string): void => {
  try {
    accessSync(path, constants.R_OK)
  } catch {
    throw new TypeError(`the file ${path} cannot be read`)
  }
}

const keysOf = ({ keys }: TableIssuer, { file }: VerifierSurroundings): IssuerOptions['keys'] => {
  if (keys === undefined || 'jwksUri' in keys) return keys
  if ('jwks' in keys) return { jwks: keys.jwks as never }
  const path = beside(file, keys.jwksFile)
  assertReadable(path)
  try {
    return { jwks: JSON.parse(readFileSync(path, 'utf8')) as never }
  } catch {
    throw new TypeError(`the file ${path} is not a JSON Web Key Set`)
  }
}
