import { type Static, Type } from 'typebox'
import { committed, object, pageOf, revision, time } from './common.ts'

const common = {
  id: Type.String(),
  created: time,
  expires: Type.Optional(time),
  live: Type.Boolean({ description: 'Whether it still proves the client' }),
  lastUsed: Type.Optional(object({ time, address: Type.String() })),
  revision,
}

export const clientKey = Type.Union([
  object({
    ...common,
    type: Type.Literal('key'),
    kid: Type.String({ description: 'What assertions name it by' }),
    algorithm: Type.String(),
    jwk: Type.Record(Type.String(), Type.String()),
  }),
  object({ ...common, type: Type.Literal('key-set'), uri: Type.String() }),
])
export type ClientKeyView = Static<typeof clientKey>

const expires = Type.Optional(time)

/** A public key, or the place where the client publishes its keys. */
export const clientKeyInput = Type.Union([
  object({
    type: Type.Literal('key'),
    jwk: Type.Record(Type.String(), Type.Unknown(), {
      description: 'The public key as a JWK (RFC 7517): EC P-256 or P-384, Ed25519, or RSA from 2048 bits',
    }),
    expires,
  }),
  object({
    type: Type.Literal('key-set'),
    uri: Type.String({ maxLength: 2000, description: 'The `jwks_uri` of the client: https' }),
    expires,
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
    summary: 'List the public keys of a client, and the places where it publishes keys.',
    status: 200,
    result: pageOf(clientKey),
  },
  createClientKey: {
    name: 'createClientKey',
    method: 'POST',
    path,
    scope: 'secrets',
    summary: 'Add a public key to a client, or the place where it publishes its keys; the others stay.',
    input: clientKeyInput,
    status: 201,
    result: clientKey,
    example: { type: 'key-set', uri: 'https://billing.example/jwks.json' },
  },
  deleteClientKey: {
    name: 'deleteClientKey',
    method: 'DELETE',
    path: `${path}/{key}`,
    scope: 'secrets',
    summary: 'Delete a key of a client: it proves the client no more from the next request on.',
    status: 200,
    result: committed,
  },
} as const
