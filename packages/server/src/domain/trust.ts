import type { ClientKeyAlgorithm } from './credential.ts'

/** A public key of an issuer, as it was read and found good. */
export type IssuerKey = {
  readonly algorithm: ClientKeyAlgorithm
  readonly kid: string
  readonly jwk: Readonly<Record<string, string>>
}

/** Where the keys of a trust are. */
export type TrustKeySource =
  /** The metadata of the issuer names them (OpenID Connect Discovery, RFC 8414). */
  | { readonly type: 'discovery' }
  /** A key set, or the bundle endpoint of a SPIFFE trust domain: https. */
  | { readonly type: 'jwks-uri'; readonly uri: string }
  /** Uploaded: for issuers that nobody outside can reach. */
  | {
      readonly type: 'jwks'
      readonly keys: readonly IssuerKey[]
      /** Of a trust domain, the CAs of its X.509-SVIDs: DER in base64. */
      readonly authorities?: readonly string[]
    }

/** A platform whose word on who a workload is counts here. Alone it lets nobody in: clients name it with matchers. */
export type Trust = {
  readonly id: string
  readonly displayName: string
  readonly enabled: boolean
  /** The `iss` of its tokens, or the trust domain of its SVIDs: `spiffe://example.org`. */
  readonly issuer: string
  readonly keys: TrustKeySource
  /** What tokens may be for; empty: our issuer alone. */
  readonly audiences: readonly string[]
  /** What they may be signed with. */
  readonly algorithms: readonly ClientKeyAlgorithm[]
  /** Seconds until a token, or an X.509-SVID, ends, at the most: the longest a stolen one can be of use. */
  readonly maximumLifetime: number
  /** Whether each token counts once, by its `jti`, which it then must have. */
  readonly singleUse: boolean
  /** Whether what is issued for a token ends when that one does. */
  readonly boundLifetime: boolean
}

const spiffeScheme = 'spiffe://'

/** Whether a trust is a SPIFFE trust domain: its tokens are JWT-SVIDs, whose `sub` says where they are from. */
export const isTrustDomain = ({ issuer }: Pick<Trust, 'issuer'>): boolean => issuer.startsWith(spiffeScheme)

const spiffeId = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/

/** The trust domain of a SPIFFE id of a workload, such as `spiffe://example.org`; undefined when it is not one. */
export const trustDomainOf = (sub: unknown): string | undefined => {
  if (typeof sub !== 'string' || sub.length > 2048) return undefined
  const [, domain, path = ''] = spiffeId.exec(sub) ?? []
  // SPIFFE-ID §2.2: no segment of dots, which some reader would resolve away.
  if (domain === undefined || path.split('/').some((segment) => segment === '.' || segment === '..')) return undefined
  return `${spiffeScheme}${domain}`
}
