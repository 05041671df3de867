import { type Static, Type } from 'typebox'
import {
  committed,
  displayName,
  enabled,
  id,
  lifetime,
  object,
  pageOf,
  revision,
  scopeName,
  searchQuery,
} from './common.ts'

export const scope = object({
  name: scopeName,
  description: Type.Optional(Type.String({ maxLength: 500 })),
})

const optional = {
  displayName,
  enabled,
  scopes: Type.Array(scope, { maxItems: 500 }),
  tokenFormat: Type.String({ description: 'Of its tokens; see `choices`' }),
  algorithm: Type.String({ description: 'Signs its tokens; see `choices`' }),
}
const audience = Type.String({ maxLength: 512, description: 'Absolute URI without a fragment (RFC 8707 §2)' })

export const api = object({
  id: Type.String(),
  audience,
  ...optional,
  scopes: Type.Array(object({ name: Type.String(), description: Type.String() })),
  tokenLifetime: Type.Optional(lifetime),
  revision,
})
export type ApiView = Static<typeof api>

const given = {
  ...Type.Partial(object(optional)).properties,
  tokenLifetime: Type.Optional(Type.Union([lifetime, Type.Null()])),
}

/** An API without its id: what a declarative document says of it. */
export const apiDefinition = object({ audience, ...given })
export type ApiDefinition = Static<typeof apiDefinition>

export const apiInput = object({ id, audience, ...given })
export type ApiInput = Static<typeof apiInput>

/** Members to change; null takes a lifetime away, so that the workspace's holds. */
export const apiPatch = object({ audience: Type.Optional(audience), ...given })
export type ApiPatch = Static<typeof apiPatch>

export const apiOperations = {
  listApis: {
    name: 'listApis',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/apis',
    scope: 'read',
    summary: 'List the APIs of a workspace.',
    query: searchQuery,
    status: 200,
    result: pageOf(api),
  },
  createApi: {
    name: 'createApi',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/apis',
    scope: 'write',
    summary: 'Create an API with its scopes.',
    input: apiInput,
    status: 201,
    result: api,
    example: { id: 'orders', audience: 'https://orders.example', scopes: [{ name: 'orders:read' }] },
  },
  showApi: {
    name: 'showApi',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/apis/{api}',
    scope: 'read',
    summary: 'Show an API.',
    status: 200,
    result: api,
  },
  updateApi: {
    name: 'updateApi',
    method: 'PATCH',
    path: '/workspaces/{tenant}/{workspace}/apis/{api}',
    scope: 'write',
    summary: 'Change the members given; the others stay.',
    input: apiPatch,
    status: 200,
    result: api,
    example: { tokenFormat: 'opaque', tokenLifetime: null },
  },
  deleteApi: {
    name: 'deleteApi',
    method: 'DELETE',
    path: '/workspaces/{tenant}/{workspace}/apis/{api}',
    scope: 'write',
    summary: 'Delete an API that no client is permitted any more.',
    status: 200,
    result: committed,
  },
} as const
