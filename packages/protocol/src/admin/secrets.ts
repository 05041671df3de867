import { type Static, Type } from 'typebox'
import { committed, object, pageOf, revision, time } from './common.ts'
import { credentialLife, staged } from './credential-life.ts'

export const secret = object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('generated'), Type.Literal('chosen')], {
    description: 'Chosen: by a person, or imported as a hash',
  }),
  hint: Type.String({ description: 'The last four characters of a generated secret' }),
  created: time,
  ...credentialLife,
  revision,
})
export type SecretView = Static<typeof secret>

const expires = Type.Optional(time)

/** A new secret: made by the server, chosen, or the hash that another server kept of it. */
export const secretInput = Type.Union([
  object({ type: Type.Literal('generated'), expires, staged }),
  object({ type: Type.Literal('chosen'), value: Type.String({ minLength: 8, maxLength: 512 }), expires, staged }),
  object({
    type: Type.Literal('imported'),
    hash: Type.String({
      minLength: 20,
      maxLength: 512,
      description: 'bcrypt, or a PHC string of argon2id, scrypt, pbkdf2, pbkdf2-sha256 or pbkdf2-sha512',
    }),
    expires,
    staged,
  }),
])
export type SecretInput = Static<typeof secretInput>

/** A secret as the answer to its creation shows it. */
export const createdSecret = object({
  ...secret.properties,
  secret: Type.Optional(Type.String({ description: 'Of a generated secret: shown in this answer and never again' })),
})
export type CreatedSecret = Static<typeof createdSecret>

export const secretRotation = object({
  secret: Type.Optional(secretInput),
  overlap: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 7_776_000,
      description:
        'Seconds the live secrets go on; by default the workspace’s `rotationOverlap`; those that end sooner keep their end',
    }),
  ),
})
export type SecretRotation = Static<typeof secretRotation>

export const rotatedSecret = object({
  secret: createdSecret,
  ending: Type.Array(object({ id: Type.String(), expires: time })),
})
export type RotatedSecret = Static<typeof rotatedSecret>

export const secretOperations = {
  listSecrets: {
    name: 'listSecrets',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}/secrets',
    scope: 'read',
    summary: 'List the secrets of a client: when made, when they end, when last used; never what they are.',
    status: 200,
    result: pageOf(secret),
  },
  createSecret: {
    name: 'createSecret',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}/secrets',
    scope: 'secrets',
    summary: 'Add a secret to a client; the others stay.',
    input: secretInput,
    status: 201,
    result: createdSecret,
    example: { type: 'generated' },
  },
  rotateSecret: {
    name: 'rotateSecret',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}/secrets/rotate',
    scope: 'secrets',
    summary: 'Add a secret, and let the live ones end after an overlap.',
    input: secretRotation,
    status: 200,
    result: rotatedSecret,
    example: { overlap: 3600 },
  },
  deleteSecret: {
    name: 'deleteSecret',
    method: 'DELETE',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}/secrets/{secret}',
    scope: 'secrets',
    summary: 'Delete a secret: it proves the client no more from the next request on.',
    status: 200,
    result: committed,
  },
} as const
