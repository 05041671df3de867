import { type Static, Type } from 'typebox'
import { committed, object, pageOf, revision, time } from './common.ts'
import { credentialLife } from './credential-life.ts'

export const credentialType = Type.Union([
  Type.Literal('secret'),
  Type.Literal('key'),
  Type.Literal('key-set'),
  Type.Literal('certificate-subject'),
  Type.Literal('certificate'),
  Type.Literal('federated'),
])

/** Any credential, as far as its life goes. */
export const credential = object({
  id: Type.String(),
  type: credentialType,
  name: Type.String({ description: 'What people tell it by: the end of a secret, a kid, a URL, a name, a trust' }),
  created: time,
  ...credentialLife,
  revision,
})
export type CredentialView = Static<typeof credential>

/** Who used a credential. */
export const caller = object({
  credential: Type.String(),
  address: Type.String(),
  agent: Type.String({ description: 'Its User-Agent; empty where it sent none' }),
  instance: Type.String({
    description: 'Its Mintmark-Instance: one process of the client SDK; empty where it sent none',
  }),
  time: { ...time, description: 'When it used the credential last; RFC 3339, in UTC' },
})
export type CallerView = Static<typeof caller>

/** Seconds that credentials go on which are replaced. */
export const overlap = Type.Integer({ minimum: 0, maximum: 7_776_000 })

const path = '/workspaces/{tenant}/{workspace}/clients/{client}'

export const credentialOperations = {
  listCredentials: {
    name: 'listCredentials',
    method: 'GET',
    path: `${path}/credentials`,
    scope: 'read',
    summary: 'List everything that proves a client, whatever kind it is of: its state, its ends, its last use.',
    status: 200,
    result: pageOf(credential),
  },
  changeCredentialState: {
    name: 'changeCredentialState',
    method: 'POST',
    path: `${path}/credentials/{credential}/state`,
    scope: 'secrets',
    summary: 'Make a credential staged, live, draining or retired; a retired one can be brought back for seven days.',
    input: object({
      state: Type.Union([
        Type.Literal('staged'),
        Type.Literal('live'),
        Type.Literal('draining'),
        Type.Literal('retired'),
      ]),
      overlap: Type.Optional({
        ...overlap,
        description: 'Seconds it drains; by default the workspace’s `rotationOverlap`',
      }),
    }),
    status: 200,
    result: committed,
    example: { state: 'draining', overlap: 3600 },
  },
  listCallers: {
    name: 'listCallers',
    method: 'GET',
    path: `${path}/callers`,
    scope: 'read',
    summary: 'List who used the credentials of a client, the latest first: the last fifty of each, for 90 days.',
    status: 200,
    result: pageOf(caller),
  },
} as const
