import { type OptionNames, unknownOption } from '@mintmark/client/transport'
import type { OAuthError } from '@mintmark/protocol'
import type { ApiRequest } from './api-request.ts'
import { authorizeRequest, type Decision } from './authorize-request.ts'
import { type CertificateFinder, certificatePossession } from './certificate-binding.ts'
import type { RefusalResponse } from './challenge.ts'
import type { IntrospectionCredentials } from './introspect.ts'
import { milliseconds } from './milliseconds.ts'
import { bearerOnly, type DpopOptions, type Possession, possession } from './possession.ts'
import type { Requirement } from './requirement.ts'
import { type MetadataOptions, metadataResponse, type ResourceMetadata, resourceMetadata } from './resource-metadata.ts'
import type { Algorithm } from './signature-algorithm.ts'
import { type IssuerOptions, trustedIssuer, type Verification } from './trusted-issuer.ts'
import { type ClaimsReader, type ClaimsSchema, freezeToken, readClaims } from './typed-claims.ts'
import type { TokenClaims, VerifiedToken } from './verified-token.ts'
import { tokenVerification } from './verify-token.ts'

export interface ProtectOptions<Claims = TokenClaims> {
  /**
   * Whose tokens are let in: one issuer, or a list of them, each exactly as the authorization server writes it. A token
   * is verified by the issuer it names and by no other.
   */
  readonly issuer: string | IssuerOptions | readonly (string | IssuerOptions)[]
  /** What this API is called in the `aud` of a token, usually its URI. */
  readonly audience: string
  /** For issuers that do not say it themselves. Default: `introspection` when its credentials are given, else `offline`. */
  readonly verification?: Verification | undefined
  /** The client this API is at the introspection endpoint. With several issuers it belongs into each of them. */
  readonly introspection?: IntrospectionCredentials | undefined
  /** For issuers that do not say it themselves. Default ES256, RS256, PS256, EdDSA and Ed25519. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /**
   * Makes what handlers see as `token.claims`: a function that refuses by throwing, or a Standard Schema (zod, valibot,
   * arktype, …). It runs once for a token, after its verification, and what it made is remembered with it. Default: the
   * claims as they are.
   */
  readonly claims?: ClaimsReader<Claims> | ClaimsSchema<Claims> | undefined
  /** Publishes metadata of this API (RFC 9728), named in challenges; adapters serve it. `true` says just the necessary. */
  readonly metadata?: MetadataOptions | true | undefined
  /**
   * Whether tokens that are bound to a key by DPoP are taken, with their proofs: a mode, or a mode and more. Default
   * `off`: they are refused.
   */
  readonly dpop?: 'off' | DpopOptions['mode'] | DpopOptions | undefined
  /**
   * Where the certificates of clients come from, to which tokens may be bound (RFC 8705 §3): `connection`, or a function.
   * Default: from nowhere, and such tokens are refused.
   */
  readonly certificates?: CertificateFinder | undefined
  /** The `realm` of challenges. Default: the audience. */
  readonly realm?: string | undefined
  /** URL of this API's metadata, named in challenges, when something else serves it. Default: that of `metadata`. */
  readonly resourceMetadata?: string | undefined
  /** Milliseconds for one request to the issuer. Default 5 000. */
  readonly timeout?: number | undefined
  /** Told why a request was refused, for the log: `check`, `expected`, `received` and `cause`. */
  readonly onRefusal?: ((error: OAuthError, request: ApiRequest) => void) | undefined
  /** Told that an issuer's keys could not be fetched, also while the ones at hand bridge it. */
  readonly onTrouble?: ((error: unknown) => void) | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

export interface ProtectedApi<Claims = TokenClaims> {
  /** Decides one request, which needs a good token with the scopes of the requirement. Never throws. */
  authorize(request: ApiRequest, requirement: Requirement): Promise<Decision<Claims>>
  /** The metadata of this API and where it is served (RFC 9728); undefined without the option `metadata`. */
  readonly metadata?: ResourceMetadata | undefined
  /** Answers GET and HEAD of the metadata's path; undefined for every other request. For adapters. */
  metadataResponse(request: { readonly method: string; readonly url: string }): RefusalResponse | undefined
  /**
   * Fetches what verification needs now instead of at the first request.
   * @throws an Error that says what is wrong with an issuer
   */
  ready(): Promise<void>
}

/**
 * Protects an API: lets in who has an access token of the issuer, for this API, with the scopes of the route. What
 * cannot be decided is refused with 503; there is no choice to let it in.
 *
 * Nothing is fetched and no clock is read behind its back: with `issuer: { issuer, keys: { jwks } }` and `currentTime` it
 * decides offline and always the same, as tests and whoever distributes keys in another way want it.
 *
 * @throws TokenError `insecure_url`, or TypeError for options that make no sense, at once
 */
export function protect<Claims = TokenClaims>(options: ProtectOptions<Claims>): ProtectedApi<Claims> {
  checkNames('protect', options, optionNames)
  const { audience, onRefusal = ignore, onTrouble = ignore } = options
  if (typeof audience !== 'string' || audience === '') throw new TypeError('protect: audience is missing')
  const surroundings = {
    audience,
    fetch: options.fetch ?? globalThis.fetch,
    timeout: milliseconds('timeout', options.timeout ?? 5_000),
    now: options.now ?? (() => performance.now()),
    currentTime: options.currentTime ?? Date.now,
    onTrouble,
    typed: typedBy(options.claims),
  }
  const issuers = issuersOf(options).map((one) => trustedIssuer(one, surroundings))
  const verify = tokenVerification(issuers, surroundings)
  const metadata = metadataOf(
    options,
    issuers.map(({ issuer }) => issuer),
  )
  const holds = possessionOf(options, surroundings)
  const challenge = {
    realm: textOf('realm', options.realm) ?? audience,
    resourceMetadata: textOf('resourceMetadata', options.resourceMetadata) ?? metadata?.url,
  }

  return Object.freeze({
    authorize: (request: ApiRequest, requirement: Requirement) =>
      authorizeRequest(request, requirement, { verify, possession: holds, ...challenge, onRefusal }),
    metadata,
    metadataResponse: (request: { readonly method: string; readonly url: string }) =>
      metadata === undefined ? undefined : metadataResponse(metadata, request),
    ready: async () => {
      await Promise.all(issuers.map((one) => one.ready()))
    },
  })
}

const optionNames: OptionNames<ProtectOptions> = {
  issuer: true,
  audience: true,
  verification: true,
  introspection: true,
  algorithms: true,
  claims: true,
  metadata: true,
  realm: true,
  resourceMetadata: true,
  dpop: true,
  certificates: true,
  timeout: true,
  onRefusal: true,
  onTrouble: true,
  fetch: true,
  currentTime: true,
  now: true,
}

const issuerOptionNames: OptionNames<IssuerOptions> = {
  issuer: true,
  verification: true,
  introspection: true,
  algorithms: true,
  keys: true,
  opaquePrefix: true,
}

const credentialNames: OptionNames<IntrospectionCredentials> = { clientId: true, credential: true, maximumAge: true }

/** Without `introspection` a JWT is verified offline, so a mistyped name must not be taken for none. */
function checkNames<Options extends object>(where: string, given: Options, known: OptionNames<Options>): void {
  const name = unknownOption(given, known)
  if (name !== undefined) throw new TypeError(`${where}: there is no option ${JSON.stringify(name)}`)
}

function issuersOf<Claims>(options: ProtectOptions<Claims>): readonly IssuerOptions[] {
  const { issuer, verification, introspection, algorithms } = options
  const list = Array.isArray(issuer) ? (issuer as readonly (string | IssuerOptions)[]) : [issuer as string]
  if (introspection !== undefined) checkNames('protect, introspection', introspection, credentialNames)
  // One secret must not be shown to two issuers.
  if (introspection !== undefined && list.length > 1) {
    throw new TypeError('protect: with several issuers, introspection belongs into each of them')
  }
  return list.map((one) => {
    const own = typeof one === 'object' ? one : { issuer: one }
    checkNames('protect, issuer', own, issuerOptionNames)
    if (own.introspection !== undefined) checkNames('protect, introspection', own.introspection, credentialNames)
    return {
      ...own,
      verification: own.verification ?? verification,
      introspection: own.introspection ?? introspection,
      algorithms: own.algorithms ?? algorithms,
    }
  })
}

/** What is no text could be written into no challenge: every refusal would fail. */
function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError(`protect: ${name} is not a string`)
}

function typedBy<Claims>(claims: ProtectOptions<Claims>['claims']) {
  const readable = claims === undefined || typeof claims === 'function' || typeof claims['~standard'] === 'object'
  if (!readable) throw new TypeError('protect: claims is neither a function nor a Standard Schema')
  return async (token: VerifiedToken): Promise<VerifiedToken<Claims>> => {
    // Without the option `Claims` is what claims are anyway.
    if (claims === undefined) return freezeToken(token) as VerifiedToken<Claims>
    return Object.freeze({ ...token, claims: await readClaims(token.claims, claims) })
  }
}

function possessionOf<Claims>(
  { dpop = 'off', certificates, audience }: ProtectOptions<Claims>,
  { currentTime, now }: { readonly currentTime: () => number; readonly now: () => number },
): Possession {
  const byKey =
    dpop === 'off'
      ? bearerOnly
      : possession(typeof dpop === 'string' ? { mode: dpop } : dpop, audience, currentTime, now)
  return certificates === undefined ? byKey : certificatePossession(certificates, byKey)
}

function metadataOf<Claims>(
  { metadata, audience, dpop = 'off', certificates }: ProtectOptions<Claims>,
  issuers: readonly string[],
) {
  if (metadata === undefined) return undefined
  const mode = typeof dpop === 'string' ? dpop : dpop.mode
  return resourceMetadata(metadata === true ? {} : metadata, audience, issuers, {
    dpop: mode,
    certificates: certificates !== undefined,
  })
}

const ignore = () => undefined
