/** Successful answer of the token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: string
  /** Seconds from the answer on. */
  readonly expires_in?: number
  /** Granted scopes, separated by spaces. */
  readonly scope?: string
  /** What a token exchange issued (RFC 8693 §2.2.1). */
  readonly issued_token_type?: string
}

/** Refusal of any OAuth endpoint (RFC 6749 §5.2). */
export interface ErrorResponse {
  readonly error: string
  readonly error_description?: string
  readonly error_uri?: string
}

/** Answer of the introspection endpoint (RFC 7662 §2.2); times are seconds since 1970. */
export interface IntrospectionResponse {
  readonly active: boolean
  readonly scope?: string
  readonly client_id?: string
  readonly token_type?: string
  readonly exp?: number
  readonly iat?: number
  readonly nbf?: number
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly iss?: string
  readonly jti?: string
  /** What the token is bound to (RFC 8705 §3.2, RFC 9449 §6.2). */
  readonly cnf?: Readonly<Record<string, unknown>>
  readonly [extension: string]: unknown
}

/** Metadata of an authorization server (RFC 8414 §2), with the members of OpenID Connect discovery some clients want. */
export interface AuthorizationServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint?: string
  readonly token_endpoint?: string
  readonly token_endpoint_auth_methods_supported?: readonly string[]
  readonly token_endpoint_auth_signing_alg_values_supported?: readonly string[]
  readonly introspection_endpoint?: string
  readonly introspection_endpoint_auth_methods_supported?: readonly string[]
  readonly introspection_endpoint_auth_signing_alg_values_supported?: readonly string[]
  readonly introspection_signing_alg_values_supported?: readonly string[]
  readonly revocation_endpoint?: string
  readonly revocation_endpoint_auth_methods_supported?: readonly string[]
  readonly revocation_endpoint_auth_signing_alg_values_supported?: readonly string[]
  readonly jwks_uri?: string
  readonly scopes_supported?: readonly string[]
  readonly response_types_supported?: readonly string[]
  readonly response_modes_supported?: readonly string[]
  readonly grant_types_supported?: readonly string[]
  readonly subject_types_supported?: readonly string[]
  readonly id_token_signing_alg_values_supported?: readonly string[]
  readonly code_challenge_methods_supported?: readonly string[]
  readonly dpop_signing_alg_values_supported?: readonly string[]
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly mtls_endpoint_aliases?: Readonly<Record<string, string>>
  readonly service_documentation?: string
  readonly protected_resources?: readonly string[]
  readonly [extension: string]: unknown
}

/** One key of a key set (RFC 7517 §4), its parameters of RFC 7518 §6 and RFC 8037 §2; public parts only. */
export interface JsonWebKeyMessage {
  readonly kty: string
  readonly kid?: string
  readonly use?: string
  readonly alg?: string
  readonly key_ops?: readonly string[]
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly [extension: string]: unknown
}

/** A key set (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKeyMessage[]
}

/** Metadata of a protected resource (RFC 9728 §2). */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers?: readonly string[]
  readonly jwks_uri?: string
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported?: readonly string[]
  readonly resource_name?: string
  readonly resource_documentation?: string
  readonly dpop_signing_alg_values_supported?: readonly string[]
  readonly dpop_bound_access_tokens_required?: boolean
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly [extension: string]: unknown
}
