import { type ClientAuthentication, type ClientCredential, type Credential, clientSecretBasic } from './credential.ts'
import { TokenError } from './errors.ts'

export interface ClientAuthenticatorOptions {
  readonly clientId: string
  readonly credential: Credential
}

export interface AuthenticatedRequest<Answer> {
  readonly endpoint: URL
  /** The issuer behind the endpoint, when it is known. */
  readonly issuer?: string | undefined
  /** Milliseconds the credential may take. */
  readonly timeout: number
  /** Sends the request; throws TokenError `refused` with `invalid_client` when the proof was not accepted. */
  readonly send: (authentication: ClientAuthentication) => Promise<Answer>
}

/** Sends requests as one client. Where it has two credentials and one is refused, once more with the other. */
export type ClientAuthenticator = <Answer>(request: AuthenticatedRequest<Answer>) => Promise<Answer>

/**
 * @throws TokenError `invalid_configuration`, at once; afterwards `secret_unavailable`, and whatever sending throws
 */
export function clientAuthenticator({ clientId, credential }: ClientAuthenticatorOptions): ClientAuthenticator {
  if (typeof clientId !== 'string' || clientId === '' || !clientId.isWellFormed()) {
    throw new TokenError('invalid_configuration', 'clientId is missing or malformed')
  }
  const credentials = readCredentials(credential)
  let preferred = 0

  return async ({ endpoint, issuer, timeout, send }) => {
    const sendWith = async (one: ClientCredential) => {
      const signal = AbortSignal.timeout(timeout)
      return send(await one.authenticate({ clientId, endpoint, issuer, signal }))
    }
    const first = preferred
    const one = credentials[first]
    const other = credentials[1 - first]
    if (one === undefined) throw new TokenError('invalid_configuration', 'credential is missing')
    try {
      return await sendWith(one)
    } catch (error) {
      if (other === undefined || !(error instanceof TokenError) || error.oauthError !== 'invalid_client') throw error
      const answer = await sendWith(other)
      preferred = 1 - first
      return answer
    }
  }
}

function readCredentials(credential: Credential): readonly ClientCredential[] {
  const list = Array.isArray(credential) ? credential : [credential]
  if (list.length !== 1 && list.length !== 2) {
    throw new TokenError('invalid_configuration', 'credential is one, or a list of two')
  }
  return list.map((one) => {
    if (typeof one === 'string' || typeof one === 'function') return clientSecretBasic(one)
    if (typeof one?.authenticate !== 'function') {
      throw new TokenError('invalid_configuration', 'credential is missing or not one')
    }
    return one
  })
}
