import { createHash } from 'node:crypto'
import { octets, p256 } from './ecdsa.ts'
import { publicJwk, testKey } from './test-keys.ts'
import type { Requirement } from './vector.ts'

/** 2026-01-01T00:00:00Z: what every verifier is told the time is, in seconds since 1970. */
export const now = 1_767_225_600
/** Seconds by which clocks may differ. */
export const leeway = 10

export const audience = 'https://api.example'
export const issuer = 'https://issuer.example/tenant/workspace'
export const otherIssuer = 'https://other-issuer.example'

export interface IssuerSettings {
  readonly issuer: string
  readonly algorithms: readonly string[]
  /** Whether the issuer is asked about tokens: all of them, or those that are no JWTs. Default: it is not. */
  readonly verification?: 'introspection' | 'by-format'
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
}

export interface Settings {
  readonly description: string
  readonly audience: string
  readonly realm: string
  /** URL of the API's metadata (RFC 9728), which challenges then name. */
  readonly resourceMetadata?: string
  readonly issuers: readonly IssuerSettings[]
}

/** The scopes a route needs, which is all a gateway's table has to say about the paths of ordinary vectors. */
export const routes: Readonly<Record<string, Requirement>> = {
  '/token': { all: [] },
  '/read': { all: ['api:read'] },
  '/write': { all: ['api:write'] },
  '/read-and-write': { all: ['api:read', 'api:write'] },
  '/read-or-write': { all: [], any: ['api:read', 'api:write'] },
  '/tenant-and-either': { all: ['api:tenant'], any: ['api:read', 'api:write'] },
}

/** What a gateway's table has beside `routes`, for vectors of the level `gateway`. */
export const gatewayRoutes: readonly GatewayRoute[] = [
  { path: '/files/**', methods: ['GET'], requirement: { all: ['api:read'] } },
  { path: '/files/admin/**', methods: ['GET'], requirement: { all: ['api:admin'] } },
  { path: '/public/**', methods: ['GET'], public: true },
]

export interface GatewayRoute {
  /** A path, or all that is it or below it: what ends in two asterisks. */
  readonly path: string
  readonly methods: readonly string[]
  readonly requirement?: Requirement
  /** Needs no token. */
  readonly public?: true
}

const asymmetric = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519']
const issuerKeys = ['issuer-es256', 'issuer-es384', 'issuer-es512', 'issuer-rs256', 'issuer-ps256', 'issuer-ed25519']

const settingsOf = (
  description: string,
  issuers: readonly IssuerSettings[],
  more: Partial<Settings> = {},
): Settings => ({
  description,
  audience,
  realm: more.audience ?? audience,
  ...more,
  issuers,
})

const keysOf = (keys: readonly Readonly<Record<string, unknown>>[], algorithms = asymmetric): IssuerSettings => ({
  issuer,
  algorithms,
  jwks: { keys },
})

/** RFC 7638 §3.1, of a key on a curve. */
const thumbprintOf = (name: string): string => {
  const { crv, kty, x, y } = testKey(name).jwk
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

const everyKey = issuerKeys.map((name) => publicJwk(name))
const { x: genuineX = '', y: genuineY = '' } = testKey('issuer-es256').jwk

/** A coordinate with one bit changed: no point of the curve. */
const bent = (coordinate: string): string => {
  const bytes = Buffer.from(coordinate, 'base64url')
  bytes[31] = (bytes[31] ?? 0) ^ 1
  return bytes.toString('base64url')
}

/** The coordinate of the same point in more than its 32 octets. */
const longer = (coordinate: string): string =>
  Buffer.concat([Buffer.alloc(1), Buffer.from(coordinate, 'base64url')]).toString('base64url')

const oneKey = (description: string, name: string, members: Readonly<Record<string, unknown>>, algorithms?: string[]) =>
  settingsOf(description, [keysOf([publicJwk(name, members)], algorithms)])

export const settings: Readonly<Record<string, Settings>> = {
  'one-issuer': settingsOf('One issuer with a key of every kind, every algorithm allowed.', [keysOf(everyKey)]),
  introspection: settingsOf('The issuer is asked about every token (RFC 7662).', [
    { ...keysOf([]), verification: 'introspection' },
  ]),
  'by-format': settingsOf('JWTs are verified by their signature; about other tokens the issuer is asked.', [
    { ...keysOf(everyKey), verification: 'by-format' },
  ]),
  'es256-only': settingsOf('The same keys, and one algorithm allowed.', [keysOf(everyKey, ['ES256'])]),
  'rs256-only': settingsOf('The same keys, and RS256 allowed.', [keysOf(everyKey, ['RS256'])]),
  'with-metadata': settingsOf('Challenges name the metadata of the API (RFC 9728).', [keysOf(everyKey)], {
    resourceMetadata: 'https://api.example/.well-known/oauth-protected-resource',
  }),
  'two-issuers': settingsOf('Two issuers, each with one key; both keys are named k1.', [
    keysOf([publicJwk('issuer-es256', { kid: 'k1' })]),
    { issuer: otherIssuer, algorithms: ['ES256'], jwks: { keys: [publicJwk('other-es256', { kid: 'k1' })] } },
  ]),
  'two-algorithms': settingsOf('Two issuers that may use one algorithm each.', [
    keysOf([publicJwk('issuer-es256')], ['ES256']),
    {
      issuer: otherIssuer,
      algorithms: ['EdDSA', 'Ed25519'],
      jwks: { keys: [publicJwk('other-es256'), publicJwk('other-ed25519')] },
    },
  ]),
  'urn-audience': settingsOf('The API is named by a URN.', [keysOf(everyKey)], { audience: 'urn:example:api' }),
  'key-without-kid': oneKey('One key without a name.', 'issuer-es256', { kid: undefined }),
  'two-keys-without-kid': settingsOf('Two keys of one kind, neither with a name.', [
    keysOf([publicJwk('issuer-es256', { kid: undefined }), publicJwk('issuer-es256-next', { kid: undefined })]),
  ]),
  'two-kinds-without-kid': settingsOf('Two keys of different kinds, neither with a name.', [
    keysOf([publicJwk('issuer-es256', { kid: undefined }), publicJwk('issuer-ed25519', { kid: undefined })]),
  ]),
  'duplicate-kid': settingsOf('Two keys of one kind with one name.', [
    keysOf([publicJwk('issuer-es256', { kid: 'k1' }), publicJwk('issuer-es256-next', { kid: 'k1' })]),
  ]),
  'duplicate-kid-two-kinds': settingsOf('Two keys of different kinds with one name.', [
    keysOf([publicJwk('issuer-es256', { kid: 'k1' }), publicJwk('issuer-ed25519', { kid: 'k1' })]),
  ]),
  'odd-kids': settingsOf('Keys whose names need care.', [
    keysOf([
      publicJwk('issuer-es256', { kid: '../../keys/issuer' }),
      publicJwk('issuer-es256-next', { kid: '' }),
      publicJwk('issuer-ed25519', { kid: 'schlüssel ☃' }),
    ]),
  ]),
  'rfc-keys': settingsOf('The keys that RFC 7515, 7520 and 8037 print.', [
    keysOf(
      [
        publicJwk('rfc7515-a3'),
        publicJwk('rfc7515-a4'),
        publicJwk('rfc7520-3.2'),
        publicJwk('rfc7520-3.4'),
        publicJwk('rfc8037-a1'),
      ],
      asymmetric,
    ),
  ]),
  'rfc-ps384': oneKey('The RSA key of RFC 7520 §3.4 for PS384.', 'rfc7520-3.4', { alg: 'PS384' }, ['PS384']),
  'ed25519-by-name': oneKey('A key for the algorithm Ed25519, by that name.', 'issuer-ed25519', { alg: 'Ed25519' }),
  'thumbprint-kid': oneKey('A key named by its thumbprint.', 'issuer-es256', { kid: thumbprintOf('issuer-es256') }),
  'no-keys': settingsOf('The issuer publishes no key.', [keysOf([])]),
  'next-to-unknown-keys': settingsOf('A key among others of kinds nobody knows, which RFC 7517 §5 says to ignore.', [
    keysOf([{ kty: 'QUANTUM', kid: 'q1', alg: 'Q256' }, { kid: 'no-kty' }, publicJwk('issuer-es256')]),
  ]),
  'key-for-encryption': oneKey('A key that is for encryption only.', 'issuer-es256', { use: 'enc' }),
  'key-operations-without-verify': oneKey('A key whose operations leave verification out.', 'issuer-es256', {
    use: undefined,
    key_ops: ['deriveKey'],
  }),
  'key-operations-verify': oneKey('A key for verification, said by key_ops.', 'issuer-es256', {
    use: undefined,
    key_ops: ['verify'],
  }),
  'key-without-alg': oneKey('A key that does not say its algorithm.', 'issuer-rs256', { alg: undefined }),
  'key-of-other-alg': oneKey('A key that says it is for RS384.', 'issuer-rs256', { alg: 'RS384' }),
  'key-for-pss': oneKey('A key that says it is for PS256.', 'issuer-rs256', { alg: 'PS256' }),
  'key-alg-symmetric': oneKey('A public key that says it is for HS256.', 'issuer-rs256', { alg: 'HS256' }),
  'point-off-curve': oneKey('A key whose point is not on its curve.', 'issuer-es256', { y: bent(genuineY) }),
  'point-zero': oneKey('A key whose point is (0, 0).', 'issuer-es256', {
    x: octets(0n, 32).toString('base64url'),
    y: octets(0n, 32).toString('base64url'),
  }),
  'point-beyond-field': oneKey('A key with a coordinate as large as the field.', 'issuer-es256', {
    x: octets(p256.p, 32).toString('base64url'),
  }),
  'point-too-long': oneKey('A key whose coordinate has an octet too many.', 'issuer-es256', { x: longer(genuineX) }),
  'point-without-y': oneKey('A key with one coordinate.', 'issuer-es256', { y: undefined }),
  'curve-swapped': oneKey('A key of P-256 that says it is on P-384.', 'issuer-es256', { crv: 'P-384', alg: 'ES384' }),
  'curve-of-bitcoin': oneKey('A key on secp256k1.', 'bitcoin-es256k', {}),
  'ed448-as-ed25519': oneKey('A key of Ed448 that says it is of Ed25519.', 'issuer-ed448', { crv: 'Ed25519' }),
  'rsa-1024': oneKey('An RSA key of 1024 bits.', 'short-rsa', {}),
  'rsa-2047': oneKey('An RSA key of 2047 bits, one fewer than RFC 7518 §3.3 demands.', 'odd-rsa', {}),
  'rsa-exponent-1': oneKey('An RSA key whose exponent is 1: whoever knows it can sign.', 'issuer-rs256', { e: 'AQ' }),
  'rsa-exponent-3': oneKey('An RSA key whose exponent is 3: small, and allowed.', 'issuer-rsa-e3', {}),
  'certificate-beside-key': oneKey('A key with a certificate that is of another key.', 'issuer-es256', {
    x5c: ['MIIBAAAA'],
  }),
}
