import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** What a client signs its assertions by. */
export type KeyAlgorithm = 'ES256' | 'PS256'

/** A key pair of the benchmark, P-256 or RSA of 2048 bits: of a client, or of whoever binds tokens by DPoP. */
export type BenchKey = {
  readonly algorithm: KeyAlgorithm
  readonly privateKey: KeyObject
  /** The public members, in the order of RFC 7638 §3.2. */
  readonly jwk: Readonly<Record<string, string>>
  /** Its thumbprint (RFC 7638). */
  readonly kid: string
}

const pairOf: Readonly<Record<KeyAlgorithm, () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>> =
  {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }

export const makeKey = (algorithm: KeyAlgorithm = 'ES256'): BenchKey => {
  const { privateKey, publicKey } = pairOf[algorithm]()
  const members = Object.entries(publicKey.export({ format: 'jwk' }) as Record<string, string>)
  const jwk = Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)))
  const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
  return { algorithm, privateKey, jwk, kid }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWS in its compact form. */
export const signJwt = (header: object, claims: object, { algorithm, privateKey: key }: BenchKey): string => {
  const input = `${encode({ alg: algorithm, ...header })}.${encode(claims)}`
  const signature =
    algorithm === 'ES256'
      ? sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
      : sign('sha256', Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  return `${input}.${signature.toString('base64url')}`
}
