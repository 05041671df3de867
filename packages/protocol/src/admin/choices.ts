import { type Static, Type } from 'typebox'
import { object } from './common.ts'

const described = Type.Array(object({ name: Type.String(), description: Type.String() }))
const names = Type.Array(Type.String())

/** What may be chosen where: derived from what the server has registered. */
export const choices = object({
  grants: names,
  capabilities: described,
  authenticationMethods: names,
  tokenFormats: names,
  algorithms: names,
  aliasEndpoints: Type.Array(Type.String({ description: 'Endpoints an alias may name' })),
  roles: described,
  limits: object({ liveSecrets: Type.Integer(), pageSize: Type.Integer(), clientIdLength: Type.Integer() }),
})
export type Choices = Static<typeof choices>

export const identity = object({
  actor: Type.String({ description: 'As in audit events' }),
  client: Type.String(),
  scopes: names,
})
export type Identity = Static<typeof identity>

export const choiceOperations = {
  showChoices: {
    name: 'showChoices',
    method: 'GET',
    path: '/choices',
    scope: 'read',
    summary: 'What may be chosen: grants, capabilities, authentication methods, token formats, algorithms, endpoints.',
    status: 200,
    result: choices,
  },
  whoAmI: {
    name: 'whoAmI',
    method: 'GET',
    path: '/whoami',
    scope: 'read',
    summary: 'Who the token belongs to, and what it allows.',
    status: 200,
    result: identity,
  },
} as const
