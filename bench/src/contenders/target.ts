import type { DatabaseUsage } from '../database/bench-database.ts'
import type { BenchKey, KeyAlgorithm } from './bench-key.ts'

/** A client a contender knows, with its secret in clear: the load generator plays all of them. */
export type BenchClient = {
  readonly id: string
  /** Empty where it has a key instead. */
  readonly secret: string
  /** What it signs its assertions by (`private_key_jwt`). */
  readonly key?: BenchKey
}

/** How the clients of a contender prove themselves. */
export type Authentication = 'client_secret_basic' | 'private_key_jwt'

/** What a request asks for: the format and algorithm of the token. */
export type Api = 'es256' | 'rs256' | 'opaque'

/** The audience of an API, the same at every contender so that the requests are the same bytes. */
export const audienceOf = (api: Api): string => `https://${api}.bench.example`

/** The scope every token request asks for. */
export const scope = 'weather:read'

/** Where to reach a running contender and as whom. */
export type Target = {
  readonly port: number
  readonly tokenPath: string
  /** Absent where the contender has none. */
  readonly introspectionPath?: string
  /** The one audience of client assertions. Absent where there are none. */
  readonly issuer?: string
  /** What a DPoP proof says it is for. Absent where there are none. */
  readonly tokenUrl?: string
  /** Clients permitted `scope` at every API, used at random. */
  readonly clients: readonly BenchClient[]
  /** The client that may introspect. */
  readonly introspector?: BenchClient
}

/** A contender's server process, ready to answer. `stop` kills it and resolves when it is gone. */
export type RunningContender = {
  readonly pid: number
  readonly target: Target
  /** Where it keeps its data in a database of its own, what that has done so far. */
  readonly databaseUsage?: () => Promise<DatabaseUsage>
  readonly stop: () => Promise<void>
}

export type ContenderOptions = {
  /** Registered clients. */
  readonly clients: number
  /** Default: `client_secret_basic`. */
  readonly authentication?: Authentication
  /** Of the clients' keys. Default: ES256. */
  readonly keyAlgorithm?: KeyAlgorithm | undefined
  /** `UV_THREADPOOL_SIZE` of the server process. Default: what the contender itself chooses. */
  readonly threadPool?: number
  /** Further arguments for Node, for example `--cpu-prof`. */
  readonly nodeArguments?: readonly string[]
}
