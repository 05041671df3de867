import { Type } from 'typebox'
import { object, time } from './common.ts'

/** Where in its life a credential of any kind is. */
export const credentialLife = {
  state: Type.Union([Type.Literal('staged'), Type.Literal('live'), Type.Literal('draining'), Type.Literal('retired')], {
    description: 'Staged: proves nothing yet; live; draining: still proves the client, until drainsUntil; retired',
  }),
  expires: Type.Optional(time),
  drainsUntil: Type.Optional({ ...time, description: 'From then on it is retired' }),
  retired: Type.Optional({
    ...time,
    description: 'Since then it is retired; kept for a while, so that it can be undone',
  }),
  frozen: Type.Optional({ ...time, description: 'Since then it proves nothing, until an administrator lifts it' }),
  live: Type.Boolean({ description: 'Whether it proves the client now: live or draining, neither ended nor frozen' }),
  lastUsed: Type.Optional(object({ time, address: Type.String() })),
}

/** Of a new credential. */
export const staged = Type.Optional(Type.Boolean({ description: 'True: it proves nothing until it is made live' }))
