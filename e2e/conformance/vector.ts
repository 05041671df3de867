/** What `conformance/` holds, as its README describes it to readers. */
export interface Vector {
  readonly id: string
  readonly title: string
  readonly level: 'token' | 'introspection' | 'request' | 'gateway'
  readonly settings: string
  readonly requirement: Requirement
  readonly request: VectorRequest
  readonly http?: 'invalid'
  readonly introspection?: { readonly status: number; readonly body: unknown }
  readonly expect: Expectation
  readonly latitude?: string
}

interface Requirement {
  readonly all: readonly string[]
  readonly any?: readonly string[]
}

export interface VectorRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
}

type Expectation = { readonly decision: 'allow'; readonly status: number; readonly token: SeenToken } | Refusal

export interface Refusal {
  readonly decision: 'refuse'
  readonly status: number
  readonly challenge: Readonly<Record<string, string>> | null
}

/** What an API sees of a token. */
export interface SeenToken {
  readonly issuer: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
}

export interface SettingsFile {
  /** Seconds since 1970. */
  readonly now: number
  readonly leeway: number
  readonly routes: Readonly<Record<string, Requirement>>
  readonly gatewayRoutes: readonly {
    readonly path: string
    readonly methods: readonly string[]
    readonly requirement?: Requirement
    readonly public?: true
  }[]
  readonly settings: Readonly<Record<string, Settings>>
}

export interface Settings {
  readonly audience: string
  readonly realm: string
  readonly resourceMetadata?: string
  readonly issuers: readonly {
    readonly issuer: string
    readonly algorithms: readonly string[]
    readonly verification?: 'introspection' | 'by-format'
    readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  }[]
}

export interface PrintedSignature {
  readonly id: string
  readonly source: string
  readonly algorithm: string
  readonly jwk: Readonly<Record<string, unknown>>
  readonly jws: string
}
