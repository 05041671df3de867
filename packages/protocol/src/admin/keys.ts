import { type Static, Type } from 'typebox'
import { object, pageOf, time } from './common.ts'

export const key = object({
  kid: Type.String(),
  use: Type.Union([Type.Literal('sig'), Type.Literal('seal')], {
    description: 'Signs JWTs (published), or seals opaque tokens (never published)',
  }),
  algorithm: Type.String(),
  state: Type.Union([Type.Literal('announced'), Type.Literal('active'), Type.Literal('retired'), Type.Literal('gone')]),
  created: time,
  activeFrom: time,
  retiredFrom: Type.Optional(time),
  goneFrom: Type.Optional(time),
  compromisedAt: Type.Optional(time),
})
export type KeyView = Static<typeof key>

export const keyRotation = object({
  algorithm: Type.String({ description: 'Of the keys to rotate: a signing algorithm, or A256GCM for opaque tokens' }),
})
export type KeyRotation = Static<typeof keyRotation>

export const keyOperations = {
  listKeys: {
    name: 'listKeys',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/keys',
    scope: 'read',
    summary: 'List the keys of a workspace and their states.',
    status: 200,
    result: pageOf(key),
  },
  rotateKey: {
    name: 'rotateKey',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/keys/rotate',
    scope: 'write',
    summary: 'Begin a planned rotation: the successor is announced, and signs once every verifier can know it.',
    input: keyRotation,
    status: 200,
    result: pageOf(key),
    example: { algorithm: 'ES256' },
  },
  compromiseKey: {
    name: 'compromiseKey',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/keys/{kid}/compromise',
    scope: 'write',
    summary: 'Give a key up at once: it is withdrawn, what it signed is revoked, and a new key signs.',
    status: 200,
    result: pageOf(key),
  },
} as const
