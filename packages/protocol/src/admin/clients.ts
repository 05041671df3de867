import { type Static, Type } from 'typebox'
import {
  clientId,
  committed,
  displayName,
  enabled,
  lifetime,
  object,
  pageOf,
  revision,
  scopeName,
  searchQuery,
  tokenRateLimit,
} from './common.ts'
import { createdSecret, secretInput } from './secrets.ts'

const scopeNames = Type.Array(scopeName, { maxItems: 500 })

export const permission = object({
  api: Type.String({ description: 'Id of the API' }),
  scopes: scopeNames,
  defaultScopes: Type.Optional(scopeNames),
})

const optional = {
  displayName,
  enabled,
  capabilities: Type.Array(Type.String(), { maxItems: 50, description: 'What it may do; see `choices`' }),
  authenticationMethods: Type.Array(Type.String(), { maxItems: 20, description: 'See `choices`' }),
  tokenEndpointAudience: Type.Boolean({
    description: 'Whether its assertions may have the token endpoint as audience; default false',
  }),
  dpopBoundAccessTokens: Type.Boolean({
    description: 'Whether its tokens are always bound to a key by DPoP (RFC 9449 §5.2); default false',
  }),
  certificateBoundAccessTokens: Type.Boolean({
    description: 'Whether its tokens are bound to the certificate it asks with (RFC 8705 §3); default false',
  }),
  permissions: Type.Array(permission, { maxItems: 500 }),
  introspects: Type.Array(Type.String(), {
    maxItems: 500,
    description: 'Ids of the APIs whose tokens it may introspect',
  }),
  allowedAddresses: Type.Array(Type.String({ maxLength: 64 }), {
    maxItems: 100,
    description: 'Addresses or ranges it may call from; none: from anywhere',
  }),
}

export const client = object({
  id: Type.String(),
  ...optional,
  permissions: Type.Array(object({ api: Type.String(), scopes: scopeNames, defaultScopes: scopeNames })),
  tokenLifetime: Type.Optional(lifetime),
  tokenRateLimit: Type.Optional(tokenRateLimit),
  revision,
})
export type ClientView = Static<typeof client>

const given = {
  ...Type.Partial(object(optional)).properties,
  tokenLifetime: Type.Optional(Type.Union([lifetime, Type.Null()])),
  tokenRateLimit: Type.Optional(
    Type.Union([tokenRateLimit, Type.Null()], {
      description: 'How many tokens it may get; null: as the workspace says',
    }),
  ),
}

/** A client without its id: what a declarative document says of it, and the members an update changes. */
export const clientDefinition = object(given)
export type ClientDefinition = Static<typeof clientDefinition>

export const clientInput = object({
  id: Type.Optional(clientId),
  ...given,
  secret: Type.Optional(secretInput),
})
export type ClientInput = Static<typeof clientInput>

export const createdClient = object({ ...client.properties, secret: Type.Optional(createdSecret) })
export type CreatedClient = Static<typeof createdClient>

export const clientOperations = {
  listClients: {
    name: 'listClients',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/clients',
    scope: 'read',
    summary: 'List the clients of a workspace.',
    query: searchQuery,
    status: 200,
    result: pageOf(client),
  },
  createClient: {
    name: 'createClient',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/clients',
    scope: 'write',
    summary: 'Create a client, with a first secret when one is asked for (needs the scope `secrets` too).',
    input: clientInput,
    status: 201,
    result: createdClient,
    example: {
      displayName: 'Billing job',
      capabilities: ['client_credentials'],
      permissions: [{ api: 'orders', scopes: ['orders:read'], defaultScopes: ['orders:read'] }],
      secret: { type: 'generated' },
    },
  },
  showClient: {
    name: 'showClient',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}',
    scope: 'read',
    summary: 'Show a client.',
    status: 200,
    result: client,
  },
  updateClient: {
    name: 'updateClient',
    method: 'PATCH',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}',
    scope: 'write',
    summary: 'Change the members given; the others stay.',
    input: clientDefinition,
    status: 200,
    result: client,
    example: { enabled: false },
  },
  deleteClient: {
    name: 'deleteClient',
    method: 'DELETE',
    path: '/workspaces/{tenant}/{workspace}/clients/{client}',
    scope: 'write',
    summary: 'Delete a client and its credentials; its tokens are revoked.',
    status: 200,
    result: committed,
  },
} as const
