import { settings as allSettings, audience, issuer, now } from './settings.ts'
import { sign } from './sign.ts'
import { testKey } from './test-keys.ts'
import type { Allowed, Refused, Requirement, VectorRequest } from './vector.ts'

/** How a token is made; what is left out is as in a token that every verifier accepts. */
export interface Recipe {
  /** Why a verifier that decides otherwise breaks no standard. */
  readonly latitude?: string
  readonly settings?: string
  /** Path of the request, which says what the route needs. Default `/read`. */
  readonly path?: string
  /** Members to change; undefined leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** Name of the key that signs. */
  readonly key?: string
  /** The text of the header or of the claims, where JSON.stringify would not write it so. */
  readonly headerText?: string | ((text: string) => string)
  readonly claimsText?: string | ((text: string) => string)
  /** The octets of the claims, where they are not the UTF-8 of a text. */
  readonly claimsOctets?: (text: string) => Uint8Array
  /** Changes the encoded header and claims before they are signed. */
  readonly encoded?: (parts: Omit<Parts, 'signature'>) => Omit<Parts, 'signature'>
  /** Signs in another way than by the key. */
  readonly sign?: (input: Buffer) => Uint8Array
  /** Writes the token in another way than as three parts with dots. */
  readonly write?: ((parts: Parts) => string) | undefined
}

export interface Parts {
  readonly header: string
  readonly claims: string
  readonly signature: string
}

export const encode = (value: string | Uint8Array): string => Buffer.from(value as string).toString('base64url')
export const encodeJson = (value: unknown): string => encode(JSON.stringify(value))
export const dotted = ({ header, claims, signature }: Parts): string => `${header}.${claims}.${signature}`

export const defaultKey = 'issuer-es256'

/** The claims of RFC 9068 §2.2, with an id of the token that is the vector's. */
export const accessClaims = (jti: string): Record<string, unknown> => ({
  iss: issuer,
  sub: 'service-1',
  client_id: 'service-1',
  aud: audience,
  iat: now,
  exp: now + 300,
  jti,
  scope: 'api:read',
})

/** Makes the token of a recipe, always the same. */
export function makeToken(id: string, recipe: Recipe = {}): string {
  const { alg, jwk } = testKey(recipe.key ?? defaultKey)
  const header = text({ alg, typ: 'at+jwt', kid: recipe.key ?? defaultKey, ...recipe.header }, recipe.headerText)
  const claims = text({ ...accessClaims(id), ...recipe.claims }, recipe.claimsText)
  const usual = { header: encode(header), claims: encode(recipe.claimsOctets?.(claims) ?? claims) }
  const parts = recipe.encoded?.(usual) ?? usual
  const input = Buffer.from(`${parts.header}.${parts.claims}`)
  const signature = encode(recipe.sign?.(input) ?? sign(algorithmOf(recipe, alg), jwk, input))
  return (recipe.write ?? dotted)({ ...parts, signature })
}

/** The algorithm of the header where it is one we can sign with; attacks name others and say how they sign. */
const algorithmOf = ({ header }: Recipe, alg: string): string =>
  typeof header?.alg === 'string' && /^(?:[ERP]S\d{3}|EdDSA|Ed25519)$/.test(header.alg) ? header.alg : alg

const text = (members: Readonly<Record<string, unknown>>, written: Recipe['claimsText']): string => {
  const usual = JSON.stringify(members)
  return typeof written === 'function' ? written(usual) : (written ?? usual)
}

/** The request that carries a token as RFC 6750 §2.1 says. */
export const bearerRequest = (token: string, path = '/read'): VectorRequest => ({
  method: 'GET',
  path,
  headers: [['Authorization', `Bearer ${token}`]],
})

/** The challenge of a setting: its realm, where the metadata is, and what is wrong. */
export function challengeOf(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { realm, resourceMetadata } = settingsNamed(name)
  const metadata = resourceMetadata === undefined ? {} : { resource_metadata: resourceMetadata }
  return { scheme: 'Bearer', realm, ...more, ...metadata }
}

export const invalidToken = (settings: string): Refused => refusal(settings, 401, { error: 'invalid_token' })
export const invalidRequest = (settings: string): Refused => refusal(settings, 400, { error: 'invalid_request' })
/** No credentials were sent, so that the challenge names no error (RFC 6750 §3.1). */
export const noCredentials = (settings: string): Refused => refusal(settings, 401, {})

export const insufficientScope = (settings: string, { all, any = [] }: Requirement): Refused =>
  refusal(settings, 403, { error: 'insufficient_scope', scope: [...new Set([...all, ...any])].join(' ') })

const refusal = (settings: string, status: number, members: Readonly<Record<string, string>>): Refused => ({
  decision: 'refuse',
  status,
  challenge: challengeOf(settings, members),
})

export function settingsNamed(name: string) {
  const found = allSettings[name]
  if (found === undefined) throw new Error(`There are no settings named ${name}`)
  return found
}

/** What the API sees of a token that was let in. */
export function tokenOf(claims: Readonly<Record<string, unknown>>): Allowed['token'] {
  const { iss, client_id: clientId, sub, scope = '' } = claims as Readonly<Record<string, string>>
  const scopes = [...new Set(scope.split(' '))].filter((one) => one !== '')
  return { issuer: iss ?? '', clientId: clientId ?? '', subject: sub ?? '', scopes }
}

export const allowed = (token: Allowed['token']): Allowed => ({ decision: 'allow', status: 200, token })
