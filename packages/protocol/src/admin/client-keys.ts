import { type Static, Type } from 'typebox'
import { committed, object, pageOf, revision, time } from './common.ts'
import { credentialLife, staged } from './credential-life.ts'

const common = {
  id: Type.String(),
  created: time,
  ...credentialLife,
  revision,
}

const subjectMatch = Type.Union(
  [
    Type.Literal('subject-dn'),
    Type.Literal('san-dns'),
    Type.Literal('san-uri'),
    Type.Literal('san-ip'),
    Type.Literal('san-email'),
  ],
  { description: 'Where certificates of the workspace’s trust anchors have the name (RFC 8705 §2.1.2)' },
)

export const clientKey = Type.Union([
  object({
    ...common,
    type: Type.Literal('key'),
    kid: Type.String({ description: 'What assertions name it by' }),
    algorithm: Type.String(),
    jwk: Type.Record(Type.String(), Type.String()),
    origin: Type.Optional(
      Type.String({
        description: 'The kid of the key registered first, where the client rolled over from it by itself',
      }),
    ),
    rolledTo: Type.Optional(Type.String({ description: 'The kid of the key that the client rolled over to' })),
    certificate: Type.Optional(
      object({
        thumbprint: Type.String({ description: 'Its SHA-256, by which assertions may name the key: `x5t#S256`' }),
        subject: Type.Optional(Type.String()),
        notBefore: time,
        notAfter: time,
      }),
    ),
  }),
  object({ ...common, type: Type.Literal('key-set'), uri: Type.String() }),
  object({ ...common, type: Type.Literal('certificate-subject'), match: subjectMatch, value: Type.String() }),
  object({
    ...common,
    type: Type.Literal('certificate'),
    match: Type.Union([Type.Literal('certificate'), Type.Literal('public-key')], {
      description: 'Whether it is this certificate alone, or any with the same public key',
    }),
    digest: Type.String({ description: 'SHA-256 of the certificate (its `x5t#S256`) or of its public key, base64url' }),
    subject: Type.Optional(Type.String({ description: 'The name in the certificate, where one was given' })),
  }),
])
export type ClientKeyView = Static<typeof clientKey>

const expires = Type.Optional(time)

/** A public key, the place where the client publishes its keys, or what a certificate of the client is known by. */
export const clientKeyInput = Type.Union([
  object({
    type: Type.Literal('key'),
    jwk: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The public key as a JWK (RFC 7517): EC P-256 or P-384, Ed25519, or RSA from 2048 bits',
      }),
    ),
    certificate: Type.Optional(
      Type.String({
        maxLength: 30_000,
        description:
          'Instead: a certificate with the key, as PEM. Assertions name it by `x5t#S256`, and it ends with it',
      }),
    ),
    algorithm: Type.Optional(
      Type.String({ maxLength: 20, description: 'What the key of the certificate signs with; PS256 for an RSA key' }),
    ),
    expires: Type.Optional({ ...time, description: 'For a certificate its end, or earlier' }),
    staged,
  }),
  object({
    type: Type.Literal('key-set'),
    uri: Type.String({ maxLength: 2000, description: 'The `jwks_uri` of the client: https' }),
    expires,
    staged,
  }),
  object({
    type: Type.Literal('certificate-subject'),
    match: subjectMatch,
    value: Type.String({ maxLength: 1000, description: 'The name, alone: no wildcards' }),
    expires,
    staged,
  }),
  object({
    type: Type.Literal('certificate'),
    certificate: Type.Optional(Type.String({ maxLength: 30_000, description: 'The certificate as PEM' })),
    thumbprint: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'Instead: its SHA-256 thumbprint, `x5t#S256`' }),
    ),
    jwk: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Instead: a JWK, with the certificate in `x5c`, or the public key that each certificate has',
      }),
    ),
    expires: Type.Optional({ ...time, description: 'By default the end of the certificate, where one was given' }),
    staged,
  }),
])
export type ClientKeyInput = Static<typeof clientKeyInput>

const path = '/workspaces/{tenant}/{workspace}/clients/{client}/keys'

export const clientKeyOperations = {
  listClientKeys: {
    name: 'listClientKeys',
    method: 'GET',
    path,
    scope: 'read',
    summary: 'List the public keys and certificates of a client, and the places where it publishes keys.',
    status: 200,
    result: pageOf(clientKey),
  },
  createClientKey: {
    name: 'createClientKey',
    method: 'POST',
    path,
    scope: 'secrets',
    summary: 'Add a public key or certificate to a client, or the place where it publishes its keys; the others stay.',
    input: clientKeyInput,
    status: 201,
    result: clientKey,
    example: { type: 'key-set', uri: 'https://billing.example/jwks.json' },
  },
  unfreezeClientKey: {
    name: 'unfreezeClientKey',
    method: 'POST',
    path: `${path}/{key}/unfreeze`,
    scope: 'secrets',
    summary: 'Let a key prove its client again that was frozen because two keys claimed to succeed one of the client.',
    status: 200,
    result: clientKey,
  },
  deleteClientKey: {
    name: 'deleteClientKey',
    method: 'DELETE',
    path: `${path}/{key}`,
    scope: 'secrets',
    summary: 'Delete a key or certificate of a client: it proves the client no more from the next request on.',
    status: 200,
    result: committed,
  },
} as const
