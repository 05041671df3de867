import {
  type ClientAuthentication,
  type ClientCredential,
  type Credential,
  clientSecretBasic,
  type OneCredential,
  slowSecret,
} from './credential.ts'
import { TokenError } from './errors.ts'
import { within } from './within.ts'

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

export interface ClientAuthenticator {
  /** Sends a request with proof. Where there are two credentials and one is refused, once more with the other. */
  send<Answer>(request: AuthenticatedRequest<Answer>): Promise<Answer>
  /** The credential that is tried first, then the other if there is one. */
  credentials(): readonly ClientCredential[]
}

/**
 * @throws TokenError `invalid_configuration`, at once; afterwards `secret_unavailable`, and whatever sending throws
 */
export function clientAuthenticator({ clientId, credential }: ClientAuthenticatorOptions): ClientAuthenticator {
  if (typeof clientId !== 'string' || clientId === '' || !clientId.isWellFormed()) {
    throw new TokenError('invalid_configuration', 'clientId is missing or malformed')
  }
  let order = readCredentials(credential)
  const inOrder = (): readonly ClientCredential[] => order.filter((one) => one !== undefined)

  return {
    credentials: inOrder,
    send: async ({ endpoint, issuer, timeout, send }) => {
      const sendWith = async (one: ClientCredential) => {
        const signal = AbortSignal.timeout(timeout)
        const prove = async () => one.authenticate({ clientId, endpoint, issuer, signal })
        const inTime = <Value>(promise: Promise<Value>) => within(timeout, promise, () => slowSecret(timeout))
        const proof = await inTime(prove())
        try {
          return await send(proof)
        } catch (error) {
          if (proof.refused === undefined || !isRefusal(error)) throw error
          // Whatever keeps it from being replaced, the refusal is what the caller must hear of.
          const replaced = await inTime(proof.refused()).catch(() => false)
          if (!replaced) throw error
          return send(await inTime(prove()))
        }
      }
      const [first, second] = order
      try {
        return await sendWith(first)
      } catch (error) {
        if (second === undefined || !isRefusal(error)) throw error
        const answer = await sendWith(second).catch((later: unknown) => {
          // There may be no older one any more; that the newer was refused is what the caller must hear of.
          throw later instanceof TokenError && later.code === 'secret_unavailable' ? error : later
        })
        order = [second, first]
        return answer
      }
    },
  }
}

const isRefusal = (error: unknown) => error instanceof TokenError && error.oauthError === 'invalid_client'

function readCredentials(credential: Credential): readonly [ClientCredential, ClientCredential?] {
  const [newer, older, ...rest] = Array.isArray(credential) ? credential : [credential]
  if (rest.length > 0) throw new TokenError('invalid_configuration', 'credential has more than two members')
  return older === undefined ? [readOne(newer)] : [readOne(newer), readOne(older)]
}

function readOne(one: OneCredential | undefined): ClientCredential {
  if (typeof one === 'string' || typeof one === 'function') return clientSecretBasic(one)
  if (typeof one?.authenticate === 'function') return one
  throw new TokenError('invalid_configuration', 'credential is missing or not one')
}
