import type { AuthenticationRequest, ClientCredential } from '../credential.ts'
import { TokenError } from '../errors.ts'

/** What a platform is asked for. */
export interface PlatformTokenRequest {
  /** Whom the token is to be for: the issuer it will be shown to. */
  readonly audience: string
  /** Aborts when the token is no longer of use. */
  readonly signal: AbortSignal
}

/** Gets the token by which a platform says which workload this is. */
export type PlatformToken = (request: PlatformTokenRequest) => string | Promise<string>

export interface FederatedTokenOptions {
  /** Is asked before every request; platforms keep their tokens themselves. */
  readonly token: PlatformToken
  /** Whom the token is for. Default: the issuer, without one the token endpoint. */
  readonly audience?: string | undefined
  /** `jwt-spiffe` for a JWT-SVID (draft-ietf-oauth-spiffe-client-auth). Default `jwt-bearer` (RFC 7523 §2.2). */
  readonly type?: 'jwt-bearer' | 'jwt-spiffe' | undefined
}

const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * A client proves itself by what its platform says of it: no secret is kept anywhere.
 * @throws TokenError `invalid_configuration`, at once
 */
export function federatedToken({ token, audience, type = 'jwt-bearer' }: FederatedTokenOptions): ClientCredential {
  if (typeof token !== 'function') throw new TokenError('invalid_configuration', 'federatedToken: token is no function')
  if (type !== 'jwt-bearer' && type !== 'jwt-spiffe') {
    throw new TokenError('invalid_configuration', 'federatedToken: type is neither jwt-bearer nor jwt-spiffe')
  }
  return Object.freeze({
    authenticate: async ({ clientId, endpoint, issuer, signal }: AuthenticationRequest) => {
      const assertion = await ask(token, { audience: audience ?? issuer ?? endpoint.href, signal })
      return {
        headers: {},
        parameters: [
          ['client_id', clientId],
          ['client_assertion_type', `urn:ietf:params:oauth:client-assertion-type:${type}`],
          ['client_assertion', assertion],
        ] as const,
      }
    },
  })
}

async function ask(token: PlatformToken, request: PlatformTokenRequest): Promise<string> {
  let given: unknown
  try {
    given = await token(request)
  } catch (error) {
    if (error instanceof TokenError) throw error
    // What a function of the caller throws may hold the token, or what it was got with.
    throw unavailable('the function that provides the token of the platform failed')
  }
  if (typeof given === 'string' && compact.test(given)) return given
  throw unavailable('what the platform gave is no signed JWT')
}

const unavailable = (what: string) => new TokenError('secret_unavailable', `federatedToken: ${what}`)
