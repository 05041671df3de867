import type { AuthenticationRequest, ClientCredential } from './credential.ts'
import { TokenError } from './errors.ts'
import { type AssertionAlgorithm, algorithmOfKey, importParameters, signJws } from './sign-jws.ts'

export type { AssertionAlgorithm } from './sign-jws.ts'

/** A private key, which need not be extractable, as WebCrypto has it or as a JWK. */
export type PrivateKey = CryptoKey | (JsonWebKey & { readonly kid?: string; readonly alg?: string })

export interface PrivateKeyJwtOptions {
  /** The key, or a function that gives the current one and is asked before every request. */
  readonly key: PrivateKey | ((signal: AbortSignal) => PrivateKey | Promise<PrivateKey>)
  /** What the server knows the key by. Default: the `kid` of a JWK, else none, which servers resolve by trying. */
  readonly kid?: string | undefined
  /**
   * The only `aud` of assertions. Default: the issuer (draft-ietf-oauth-rfc7523bis), without one the token endpoint.
   * `token-endpoint` is for servers that have not followed yet.
   */
  readonly audience?: 'token-endpoint' | (string & {}) | undefined
  /** Seconds an assertion lives. Default 60, at the most 300. */
  readonly lifetime?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
}

interface Signing {
  readonly algorithm: AssertionAlgorithm
  readonly key: CryptoKey
  readonly kid: string | undefined
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * `private_key_jwt` (RFC 7523 §2.2): the client proves itself with a signature, and its private key never leaves it. Each
 * request has an assertion of its own, for one issuer, for a minute.
 * @throws TokenError `invalid_configuration`, at once
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): ClientCredential {
  const { key, kid, audience, lifetime = 60, currentTime = Date.now } = options
  if (key === undefined || key === null) throw misconfigured('the key is missing')
  if (!(lifetime > 0 && lifetime <= 300)) throw misconfigured('lifetime is from 1 to 300 seconds')
  let imported: { readonly from: PrivateKey; readonly signing: Promise<Signing> } | undefined

  const signingBy = (from: PrivateKey): Promise<Signing> => {
    if (imported?.from !== from) imported = { from, signing: readKey(from, kid) }
    return imported.signing
  }

  return Object.freeze({
    authenticate: async ({ clientId, endpoint, issuer, signal }: AuthenticationRequest) => {
      const signing = await signingBy(typeof key === 'function' ? await keyOf(key, signal) : key)
      const now = Math.floor(currentTime() / 1_000)
      const claims = {
        iss: clientId,
        sub: clientId,
        aud: audience === 'token-endpoint' ? endpoint.href : (audience ?? issuer ?? endpoint.href),
        jti: crypto.randomUUID(),
        iat: now,
        exp: now + lifetime,
      }
      return {
        headers: {},
        parameters: [
          ['client_assertion_type', assertionType],
          ['client_assertion', await sign(signing, claims)],
        ] as const,
      }
    },
  })
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `privateKeyJwt: ${what}`)
const unavailable = (what: string) => new TokenError('secret_unavailable', `privateKeyJwt: ${what}`)

async function keyOf(
  key: (signal: AbortSignal) => PrivateKey | Promise<PrivateKey>,
  signal: AbortSignal,
): Promise<PrivateKey> {
  try {
    return await key(signal)
  } catch (error) {
    if (error instanceof TokenError) throw error
    throw unavailable('the function that provides the key failed')
  }
}

async function readKey(key: PrivateKey, kid: string | undefined): Promise<Signing> {
  if (key instanceof CryptoKey) {
    if (key.type !== 'private') throw unavailable('the key is not a private one')
    return { algorithm: knownAlgorithm(key), key, kid }
  }
  const algorithm = algorithmOfJwk(key)
  try {
    // Not extractable: from here on nothing can give it away.
    const { use: _use, key_ops: _operations, alg: _algorithm, ...members } = key
    const cryptoKey = await crypto.subtle.importKey('jwk', members, importParameters[algorithm], false, ['sign'])
    return { algorithm, key: cryptoKey, kid: kid ?? key.kid }
  } catch {
    // What the platform says of a key it cannot read may hold a part of it.
    throw unavailable('the key cannot be read, or is not a private one')
  }
}

function knownAlgorithm(key: CryptoKey): AssertionAlgorithm {
  const algorithm = algorithmOfKey(key)
  if (algorithm === undefined) throw unavailable('the key is of no algorithm that is known here')
  return algorithm
}

function algorithmOfJwk({ kty, crv, alg }: Partial<JsonWebKey>): AssertionAlgorithm {
  if (kty === 'EC' && crv === 'P-256') return 'ES256'
  if (kty === 'EC' && crv === 'P-384') return 'ES384'
  if (kty === 'OKP' && crv === 'Ed25519') return 'Ed25519'
  if (kty === 'RSA') return alg === 'RS256' ? 'RS256' : 'PS256'
  throw unavailable('the key is of no algorithm that is known here')
}

function sign({ algorithm, key, kid }: Signing, claims: object): Promise<string> {
  const header = { alg: algorithm, typ: 'client-authentication+jwt', ...(kid === undefined ? {} : { kid }) }
  return signJws(algorithm, key, header, claims)
}
