import { type Static, Type } from 'typebox'
import { apiInput, apiPatch } from './apis.ts'
import { clientKeyInput } from './client-keys.ts'
import { clientDefinition, clientInput } from './clients.ts'
import { clientId, committed, difference, id, note, object, pageOf, revision, time } from './common.ts'
import { federationInput } from './federations.ts'
import { secretInput } from './secrets.ts'
import { trustInput, trustPatch } from './trusts.ts'
import { webhookInput, webhookPatch } from './webhooks.ts'
import { workspaceSettings } from './workspaces.ts'

const secretId = Type.String({ minLength: 1, maxLength: 64 })

/** One step of a change set: what a single call of the same resource does. */
export const change = Type.Union([
  object({ action: Type.Literal('update'), kind: Type.Literal('workspace'), value: workspaceSettings }),
  object({ action: Type.Literal('create'), kind: Type.Literal('api'), value: apiInput }),
  object({ action: Type.Literal('update'), kind: Type.Literal('api'), id, value: apiPatch }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('api'), id }),
  object({ action: Type.Literal('create'), kind: Type.Literal('client'), value: clientInput }),
  object({ action: Type.Literal('update'), kind: Type.Literal('client'), id: clientId, value: clientDefinition }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('client'), id: clientId }),
  object({ action: Type.Literal('create'), kind: Type.Literal('secret'), client: clientId, value: secretInput }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('secret'), client: clientId, id: secretId }),
  object({ action: Type.Literal('create'), kind: Type.Literal('client-key'), client: clientId, value: clientKeyInput }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('client-key'), client: clientId, id: secretId }),
  object({ action: Type.Literal('create'), kind: Type.Literal('trust'), value: trustInput }),
  object({ action: Type.Literal('update'), kind: Type.Literal('trust'), id, value: trustPatch }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('trust'), id }),
  object({ action: Type.Literal('create'), kind: Type.Literal('webhook'), value: webhookInput }),
  object({ action: Type.Literal('update'), kind: Type.Literal('webhook'), id, value: webhookPatch }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('webhook'), id }),
  object({
    action: Type.Literal('create'),
    kind: Type.Literal('federation'),
    client: clientId,
    value: federationInput,
  }),
  object({ action: Type.Literal('delete'), kind: Type.Literal('federation'), client: clientId, id: secretId }),
])
export type Change = Static<typeof change>

export const draft = object({
  id: Type.String(),
  base: Type.Integer({ description: 'The revision it was begun on' }),
  version: Type.Integer({ description: 'Grows with each save; the ETag' }),
  created: time,
  actor: Type.String(),
  note: Type.String(),
  steps: Type.Integer({ description: 'How many changes are staged' }),
})
export type Draft = Static<typeof draft>

export const draftWithDifference = object({
  ...draft.properties,
  current: Type.Integer({ description: 'The revision of the workspace now' }),
  changes: Type.Array(difference),
  conflicts: Type.Array(Type.String({ description: 'What stands against committing it now' })),
})
export type DraftWithDifference = Static<typeof draftWithDifference>

const changes = Type.Array(change, { minItems: 1, maxItems: 1000 })
const changesPath = '/workspaces/{tenant}/{workspace}/changes'

export const changeOperations = {
  listDrafts: {
    name: 'listDrafts',
    method: 'GET',
    path: changesPath,
    scope: 'read',
    summary: 'List the change sets that are not committed yet.',
    status: 200,
    result: pageOf(draft),
  },
  createDraft: {
    name: 'createDraft',
    method: 'POST',
    path: changesPath,
    scope: 'write',
    summary: 'Begin a change set on the current revision.',
    input: object({ note: Type.Optional(note), changes: Type.Optional(changes) }),
    status: 201,
    result: draftWithDifference,
    example: { note: 'Retire the old job', changes: [{ action: 'delete', kind: 'client', id: 'old-job' }] },
  },
  showDraft: {
    name: 'showDraft',
    method: 'GET',
    path: `${changesPath}/{change}`,
    scope: 'read',
    summary: 'Show a change set as the difference it would make now, and the conflicts that stand against it.',
    status: 200,
    result: draftWithDifference,
  },
  stageChanges: {
    name: 'stageChanges',
    method: 'POST',
    path: `${changesPath}/{change}/stage`,
    scope: 'write',
    summary: 'Add changes to a change set.',
    input: object({ changes }),
    status: 200,
    result: draftWithDifference,
    example: { changes: [{ action: 'update', kind: 'client', id: 'billing-job', value: { enabled: false } }] },
  },
  commitDraft: {
    name: 'commitDraft',
    method: 'POST',
    path: `${changesPath}/{change}/commit`,
    scope: 'write',
    summary: 'Commit a change set whole, or be told the conflicts.',
    status: 200,
    result: committed,
  },
  discardDraft: {
    name: 'discardDraft',
    method: 'DELETE',
    path: `${changesPath}/{change}`,
    scope: 'write',
    summary: 'Discard a change set.',
    status: 200,
    result: object({ id: Type.String(), base: revision }),
  },
} as const
