/** A line of the data in `conformance/`, as its README and its JSON Schema describe it. */
export interface Vector {
  readonly id: string
  readonly title: string
  /** The RFC and section, CVE or case that demands it. */
  readonly source: string
  /** What decides: the token alone, what its issuer answers about it, how the request carries it, or where a gateway's route table says the request goes. */
  readonly level: 'token' | 'introspection' | 'request' | 'gateway'
  /** Name of an entry in `settings.json`. */
  readonly settings: string
  /** What the route needs. */
  readonly requirement: Requirement
  readonly request: VectorRequest
  /** `invalid` when no HTTP message can be written so: whoever reads it refuses, and no challenge is expected. */
  readonly http?: 'invalid'
  /** What the issuer's introspection endpoint answers when it is asked about the token. */
  readonly introspection?: { readonly status: number; readonly body: unknown }
  readonly expect: Expectation
  /** Why a verifier that decides otherwise breaks no standard. */
  readonly latitude?: string
}

export interface Requirement {
  readonly all: readonly string[]
  readonly any?: readonly string[]
}

export interface VectorRequest {
  readonly method: string
  /** The request target as it stands in the request line. */
  readonly path: string
  /** Name and value of each header line, in order. A character is an octet. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

export type Expectation = Allowed | Refused

export interface Allowed {
  readonly decision: 'allow'
  readonly status: 200
  readonly token: {
    readonly issuer: string
    readonly clientId: string
    readonly subject: string
    readonly scopes: readonly string[]
  }
}

export interface Refused {
  readonly decision: 'refuse'
  readonly status: number
  /** Members of `WWW-Authenticate` but `error_description`; null when there is none, or none is demanded. */
  readonly challenge: Readonly<Record<string, string>> | null
}

/** The vectors of one file. */
export interface Subject {
  /** The file's name without its ending. */
  readonly name: string
  readonly title: string
  readonly vectors: readonly Vector[]
}
