import { type Static, Type } from 'typebox'
import { clientKeyInput } from './client-keys.ts'
import { object, time } from './common.ts'
import { caller, credential, overlap } from './credentials.ts'
import { federationInput } from './federations.ts'
import { secretInput } from './secrets.ts'

const force = Type.Optional(
  Type.Boolean({ description: 'Also when callers were seen with what is retired within three token lifetimes' }),
)

/** What comes in place of the old credentials; without any a generated secret, where the client has a secret. */
export const rotationInput = object({
  secret: Type.Optional(secretInput),
  key: Type.Optional(clientKeyInput),
  federation: Type.Optional(federationInput),
  staged: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Id of a staged credential' })),
  replaces: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Ids of the credentials it replaces; by default the live ones of its kind',
    }),
  ),
  overlap: Type.Optional({
    ...overlap,
    description: 'Seconds the old credentials go on; by default the workspace’s `rotationOverlap`',
  }),
})
export type RotationInput = Static<typeof rotationInput>

export const rotation = object({
  client: Type.String(),
  state: Type.Union([Type.Literal('under-way'), Type.Literal('over')], {
    description: 'Over: the old credentials are retired; for seven days it can still be cancelled',
  }),
  started: time,
  until: { ...time, description: 'When the old credentials retire, or retired' },
  fresh: Type.Array(credential),
  old: Type.Array(credential),
  safe: Type.Boolean({
    description:
      'Whether every caller of the last 30 days has left the old credentials unused for three token lifetimes',
  }),
  safeFrom: { ...time, description: 'When it is safe to retire them, if nobody uses them from now on' },
  tokenLifetime: Type.Integer({ description: 'Seconds the client’s tokens live at the longest' }),
  callers: Type.Array(
    object({
      ...caller.properties,
      waiting: Type.Boolean({ description: 'Used it within three token lifetimes' }),
      moved: Type.Boolean({ description: 'Was seen later with a credential that stays' }),
    }),
    { description: 'Who used the old credentials in the last 30 days, the latest first' },
  ),
})
export type RotationView = Static<typeof rotation>

/** What a step of a rotation did to the credentials of a client. */
export const rotated = object({
  client: Type.String(),
  until: { ...time, description: 'When the old credentials retire, or retired' },
  fresh: Type.Array(credential),
  old: Type.Array(credential),
  secret: Type.Optional(
    Type.String({ description: 'Of a generated secret: shown in the answer to its creation and never again' }),
  ),
})
export type Rotated = Static<typeof rotated>

const path = '/workspaces/{tenant}/{workspace}/clients/{client}/rotation'

export const rotationOperations = {
  startRotation: {
    name: 'startRotation',
    method: 'POST',
    path,
    scope: 'secrets',
    summary: 'Give a client a new credential, and let those it replaces drain until an end.',
    input: rotationInput,
    status: 201,
    result: rotated,
    example: { overlap: 604_800 },
  },
  showRotation: {
    name: 'showRotation',
    method: 'GET',
    path,
    scope: 'read',
    summary: 'Say who still uses the old credentials of a client, and when it is safe to retire them.',
    status: 200,
    result: rotation,
  },
  completeRotation: {
    name: 'completeRotation',
    method: 'POST',
    path: `${path}/complete`,
    scope: 'secrets',
    summary: 'Retire the old credentials before their end; refused while callers use them, unless forced.',
    input: object({ force }),
    status: 200,
    result: rotated,
    example: {},
  },
  cancelRotation: {
    name: 'cancelRotation',
    method: 'POST',
    path: `${path}/cancel`,
    scope: 'secrets',
    summary:
      'Make the old credentials live again and retire the new ones; refused while callers use those, unless forced.',
    input: object({ force }),
    status: 200,
    result: rotated,
    example: {},
  },
} as const
