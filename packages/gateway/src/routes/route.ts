import type { Requirement, Verification } from '@mintmark/resource-server'
import type { PathPattern } from './path-pattern.ts'

/** What a route needs of the token, and what becomes of it. */
export type TokenNeeded = {
  /** What the API behind the route is called in `aud`. */
  readonly audience: string
  readonly requirement: Requirement
  /** Instead of what its issuer says. */
  readonly verification: Verification | undefined
  /** Whether the API gets an opaque token as a JWT. */
  readonly swap: boolean
}

/** One line of the route table: which requests, and what they need. */
export type Route = {
  /** How logs and people call it, such as `GET,HEAD /reports/{id}`. */
  readonly name: string
  /** Of the table's file. */
  readonly line: number
  /** In lower case; undefined for every host. */
  readonly host: string | undefined
  /** Undefined for every method that is not named by another route of the same path. */
  readonly methods: ReadonlySet<string> | undefined
  readonly pattern: PathPattern
  /** `public` lets everybody in; it is never a default. */
  readonly access: 'public' | TokenNeeded
  /** Added to the request for the API. */
  readonly headers: Readonly<Record<string, string>>
}

/** Names of all headers that routes add, each once. */
export const addedHeaders = (routes: readonly Route[]): readonly string[] => [
  ...new Map(routes.flatMap(({ headers }) => Object.keys(headers).map((name) => [name.toLowerCase(), name]))).values(),
]
