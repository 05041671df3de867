import { type Static, Type } from 'typebox'
import { apiDefinition } from './apis.ts'
import { clientKeyInput } from './client-keys.ts'
import { clientDefinition } from './clients.ts'
import { clientIdPattern, committed, difference, id, idPattern, note, object, strict } from './common.ts'
import { federationInput } from './federations.ts'
import { secretInput } from './secrets.ts'
import { trustDefinition } from './trusts.ts'
import { webhookDefinition } from './webhooks.ts'
import { workspaceSettings } from './workspaces.ts'

/**
 * A workspace as a document (`mintmark.yaml`). The command line puts values in place of `env` and `file` of secrets before
 * it sends the document. A client without `secrets`, `keys` or `federations` keeps
 * the ones it has.
 */
export const workspaceDocument = object({
  tenant: Type.Optional(id),
  workspace: id,
  settings: Type.Optional(workspaceSettings),
  apis: Type.Optional(Type.Record(Type.String({ pattern: idPattern }), apiDefinition, strict)),
  trusts: Type.Optional(Type.Record(Type.String({ pattern: idPattern }), trustDefinition, strict)),
  webhooks: Type.Optional(Type.Record(Type.String({ pattern: idPattern }), webhookDefinition, strict)),
  clients: Type.Optional(
    Type.Record(
      Type.String({ pattern: clientIdPattern }),
      object({
        ...clientDefinition.properties,
        secrets: Type.Optional(Type.Array(secretInput, { maxItems: 4 })),
        keys: Type.Optional(Type.Array(clientKeyInput, { maxItems: 10 })),
        federations: Type.Optional(Type.Array(federationInput, { maxItems: 100 })),
      }),
      strict,
    ),
  ),
})
export type WorkspaceDocument = Static<typeof workspaceDocument>

export const documentInput = object({
  document: workspaceDocument,
  prune: Type.Optional(Type.Boolean({ default: false, description: 'Delete what the document does not name' })),
  note: Type.Optional(note),
})
export type DocumentInput = Static<typeof documentInput>

export const plan = object({
  base: Type.Integer({ description: 'The revision it was made against; 0: the workspace would be created' }),
  changes: Type.Array(difference),
  conflicts: Type.Array(Type.String()),
})
export type Plan = Static<typeof plan>

const documentExample = {
  document: {
    workspace: 'payments',
    apis: { orders: { audience: 'https://orders.example', scopes: [{ name: 'orders:read' }] } },
    clients: {
      'billing-job': {
        capabilities: ['client_credentials'],
        permissions: [{ api: 'orders', scopes: ['orders:read'], defaultScopes: ['orders:read'] }],
      },
    },
  },
}

export const documentOperations = {
  planDocument: {
    name: 'planDocument',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/plan',
    scope: 'read',
    summary: 'Show what applying a document would change; changes nothing.',
    input: documentInput,
    status: 200,
    result: plan,
    example: documentExample,
  },
  applyDocument: {
    name: 'applyDocument',
    method: 'POST',
    path: '/workspaces/{tenant}/{workspace}/apply',
    scope: 'write',
    summary:
      'Make the workspace as a document says, in one change set; If-Match names the revision that was planned on.',
    input: documentInput,
    status: 200,
    result: committed,
    example: documentExample,
  },
  exportDocument: {
    name: 'exportDocument',
    method: 'GET',
    path: '/workspaces/{tenant}/{workspace}/export',
    scope: 'read',
    summary: 'The workspace as a document, without secrets.',
    status: 200,
    result: workspaceDocument,
  },
} as const
