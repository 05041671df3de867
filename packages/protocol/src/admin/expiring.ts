import { type Static, Type } from 'typebox'
import { object, pageOf, pageQuery, time } from './common.ts'

/** Something that ends: a credential of a client, or a trust anchor of the workspace. */
export const expiring = object({
  ends: time,
  reason: Type.Union([Type.Literal('end'), Type.Literal('age')], {
    description: 'age: it has no end, and is then older than the workspace wants',
  }),
  credentialType: Type.String({ description: 'secret, key, certificate, …, or trust-anchor' }),
  credential: Type.String({ description: 'Its id; of a trust anchor its thumbprint' }),
  client: Type.Optional(Type.String({ description: 'Whose it is; absent for a trust anchor' })),
  subject: Type.Optional(Type.String({ description: 'Of a certificate' })),
})
export type ExpiringView = Static<typeof expiring>

export const expiringOperations = {
  listExpiring: {
    name: 'listExpiring',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/expiring',
    scope: 'read',
    summary: 'List what ends within a time, the first to end first; what ended already is left out.',
    query: object({
      ...pageQuery.properties,
      within: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 315_360_000, default: 2_592_000, description: 'Seconds' }),
      ),
    }),
    status: 200,
    result: pageOf(expiring),
  },
} as const
