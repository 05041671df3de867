import type { DpopKey, ProofRequest } from './dpop-proofs.ts'
import { TokenError } from './errors.ts'
import { type AssertionAlgorithm, algorithmOfKey, base64url, signJws } from './sign-jws.ts'
import { unknownOption } from './unknown-option.ts'

export type { DpopKey, ProofRequest } from './dpop-proofs.ts'

export interface DpopKeyOptions {
  /**
   * The pair of WebCrypto that tokens are bound to: ECDSA with P-256 or P-384, Ed25519, RSA-PSS or RSASSA-PKCS1-v1_5 with
   * SHA-256. The private key need not be extractable. Default: a new one of ES256, which is not, and which ends with the
   * process.
   */
  readonly keys?: CryptoKeyPair | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
}

/** What makes a proof, once the key is there. */
interface Signing {
  readonly algorithm: AssertionAlgorithm
  readonly key: CryptoKey
  readonly jwk: Readonly<Record<string, string>>
}

/** Origins whose nonces are kept. */
const rememberedOrigins = 100
const encoder = new TextEncoder()

/**
 * The key of a client that its tokens are bound to (RFC 9449): whoever steals a token can do nothing with it without the
 * key, and the key cannot be had. One for each source of tokens.
 * @throws TokenError `invalid_configuration`, at once, for keys that are none
 */
export function dpopKey(options: DpopKeyOptions = {}): DpopKey {
  const { keys, currentTime = Date.now } = options
  const unknown = unknownOption(options, { keys: true, currentTime: true })
  // A key that was meant to last must not be replaced by one that does not.
  if (unknown !== undefined) throw misconfigured(`there is no option ${JSON.stringify(unknown)}`)
  if (keys !== undefined) checkPair(keys)
  const nonces = new Map<string, string>()
  let ready: Promise<Signing> | undefined

  return Object.freeze({
    proof: async ({ method, url, token }: ProofRequest) => {
      ready ??= readPair(keys)
      const { algorithm, key, jwk } = await ready
      const { origin, pathname } = new URL(url)
      const nonce = nonces.get(origin)
      const claims = {
        jti: crypto.randomUUID(),
        htm: method,
        htu: `${origin}${pathname}`,
        iat: Math.floor(currentTime() / 1_000),
        ...(token === undefined ? {} : { ath: await sha256(token.value) }),
        ...(nonce === undefined ? {} : { nonce }),
      }
      return signJws(algorithm, key, { typ: 'dpop+jwt', alg: algorithm, jwk }, claims)
    },
    learn: (url: string | URL, headers: Headers) => {
      const nonce = headers.get('dpop-nonce')
      // NQCHAR of RFC 6749 Appendix A, as RFC 9449 §8.1 has it.
      if (nonce === null || !/^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/.test(nonce)) return
      const { origin } = new URL(url)
      nonces.delete(origin)
      nonces.set(origin, nonce)
      const [oldest] = nonces.keys()
      if (nonces.size > rememberedOrigins && oldest !== undefined) nonces.delete(oldest)
    },
    wantsNonce: ({ status, headers }: { readonly status: number; readonly headers: Headers }) =>
      status === 401 &&
      headers.has('dpop-nonce') &&
      /(?:^|[\s,])dpop\s.*\berror="?use_dpop_nonce\b/i.test(headers.get('www-authenticate') ?? ''),
  })
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `dpopKey: ${what}`)

function checkPair({ privateKey, publicKey }: Partial<CryptoKeyPair>): void {
  if (privateKey?.type !== 'private' || publicKey?.type !== 'public') throw misconfigured('keys is no pair of keys')
  const algorithm = algorithmOfKey(privateKey)
  if (algorithm === undefined || algorithm !== algorithmOfKey(publicKey)) {
    throw misconfigured('the keys are of no algorithm that is known here')
  }
}

async function readPair(keys: CryptoKeyPair | undefined): Promise<Signing> {
  const pair =
    keys ??
    ((await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ])) as CryptoKeyPair)
  const algorithm = algorithmOfKey(pair.privateKey) ?? 'ES256'
  const jwk = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as Readonly<Record<string, unknown>>
  // The members that make the key, and no others.
  const members = ['kty', 'crv', 'x', 'y', 'n', 'e'].flatMap((name) =>
    typeof jwk[name] === 'string' ? [[name, jwk[name]] as const] : [],
  )
  return { algorithm, key: pair.privateKey, jwk: Object.fromEntries(members) }
}

async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}
