import { writeBasic } from '@mintmark/protocol'
import { TokenError } from './errors.ts'

/** The request a client proves itself for. */
export interface AuthenticationRequest {
  readonly clientId: string
  /** Where the request goes: the token endpoint, or another that wants to know who asks. */
  readonly endpoint: URL
  /** The issuer behind the endpoint, when it is known: the audience of an assertion. */
  readonly issuer?: string | undefined
  /** Aborts when the answer is no longer of use. */
  readonly signal: AbortSignal
}

/** What a client adds to a request to prove itself. */
export interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: readonly (readonly [string, string])[]
  /** Sends the request, for a proof that lies in the connection (RFC 8705). Default: as every other request. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Is asked when the server did not accept this proof: true when another one has been had meanwhile, to be tried once. */
  readonly refused?: (() => Promise<boolean>) | undefined
}

/** One way to prove to be a client. A method of authentication is a function that makes one of these. */
export interface ClientCredential {
  /** Whether it lies in the connection: requests go to the endpoints that metadata names for that (RFC 8705 §5). */
  readonly mutualTls?: true | undefined
  /** Is asked before every request. */
  authenticate(request: AuthenticationRequest): ClientAuthentication | Promise<ClientAuthentication>
  /**
   * Something that only holders of the credential know and that is the same for all of them: tokens in a shared cache
   * are sealed under a key derived from it. Left out by credentials that have no such thing.
   */
  sealingSecret?(signal: AbortSignal): Promise<string>
}

/**
 * A client secret: itself, or a function that gives the current one and is asked before every request. The signal
 * aborts when the answer is no longer of use.
 */
export type Secret = string | SecretFunction

export interface SecretFunction {
  (signal: AbortSignal): string | Promise<string>
  /** Is told of a secret that the server did not accept: true when there is another by now. See {@link cachedSecret}. */
  readonly refused?: (secret: string, signal: AbortSignal) => Promise<boolean>
}

/** A secret is sent by HTTP Basic; for other methods there are functions such as {@link clientSecretPost}. */
export type OneCredential = Secret | ClientCredential

/**
 * What a client proves itself with: one credential, or two while one replaces the other, the newer first. When the
 * server does not accept one, the other is tried, once, and whichever worked is the first to be tried from then on.
 */
export type Credential = OneCredential | readonly [newer: OneCredential, older: OneCredential]

/** RFC 6749 §2.3.1, `client_secret_basic`: the secret by HTTP Basic, both sides form-encoded. */
export const clientSecretBasic = (secret: Secret): ClientCredential =>
  secretCredential(secret, (clientId, value) => ({
    headers: { authorization: writeBasic(clientId, value) },
    parameters: [],
  }))

/** RFC 6749 §2.3.1, `client_secret_post`: the secret in the request body, for servers that want it there. */
export const clientSecretPost = (secret: Secret): ClientCredential =>
  secretCredential(secret, (clientId, value) => ({
    headers: {},
    parameters: [
      ['client_id', clientId],
      ['client_secret', value],
    ],
  }))

function secretCredential(
  secret: Secret,
  prove: (clientId: string, secret: string) => ClientAuthentication,
): ClientCredential {
  if (!isUsable(secret) && typeof secret !== 'function') {
    throw new TokenError('invalid_configuration', 'The client secret is missing or malformed')
  }
  return Object.freeze({
    authenticate: async ({ clientId, signal }: AuthenticationRequest) => {
      const value = await readSecret(secret, signal)
      const refused = typeof secret === 'string' ? undefined : secret.refused
      const proof = prove(clientId, value)
      return refused === undefined ? proof : { ...proof, refused: () => refused(value, signal) }
    },
    sealingSecret: (signal: AbortSignal) => readSecret(secret, signal),
  })
}

/** A secret in an environment variable, read whenever it is needed. */
export const secretFromEnvironment =
  (name: string): Secret =>
  () => {
    const { process } = globalThis as { process?: { readonly env?: Readonly<Record<string, string | undefined>> } }
    const secret = process?.env?.[name]
    if (isUsable(secret)) return secret
    throw new TokenError('secret_unavailable', `The environment variable ${name} holds no client secret`)
  }

/** @throws TokenError `secret_unavailable` */
export async function readSecret(secret: Secret, signal: AbortSignal): Promise<string> {
  let value: unknown
  try {
    value = typeof secret === 'string' ? secret : await secret(signal)
  } catch (error) {
    if (error instanceof TokenError) throw error
    // Errors of HTTP clients hold requests with their credentials: only the name is passed on, and the system's word.
    throw new TokenError('secret_unavailable', `The function that provides the client secret failed${nameOf(error)}`)
  }
  if (isUsable(value)) return value
  throw new TokenError('secret_unavailable', 'The function that provides the client secret gave no usable one')
}

export const slowSecret = (milliseconds: number) =>
  new TokenError('secret_unavailable', `The function that provides the client secret took more than ${milliseconds} ms`)

/** A lone surrogate has no UTF-8 and cannot be sent. */
const isUsable = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.isWellFormed()

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const words = [error.name, code].filter((word) => /^(?:[A-Z][A-Za-z]{1,40}|[A-Z][A-Z_]{1,40})$/.test(word))
  return words.length === 0 ? '' : ` (${words.join(' ')})`
}
