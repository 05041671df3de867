import { type Static, Type } from 'typebox'
import { committed, difference, note, object, pageOf, pageQuery, time } from './common.ts'

const summary = {
  revision: Type.Integer(),
  time,
  actor: Type.String(),
  note: Type.String(),
}

export const revisionSummary = object({
  ...summary,
  changes: Type.Array(
    object({
      action: difference.properties.action,
      kind: difference.properties.kind,
      id: Type.String(),
      parent: Type.Optional(Type.String()),
    }),
  ),
})
export type RevisionSummary = Static<typeof revisionSummary>

export const revisionView = object({ ...summary, changes: Type.Array(difference) })
export type RevisionView = Static<typeof revisionView>

export const comparison = object({ from: Type.Integer(), to: Type.Integer(), changes: Type.Array(difference) })
export type Comparison = Static<typeof comparison>

/** A revision number in a query or path. */
const number = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

const revisionsPath = '/workspaces/{tenant}/{workspace}/revisions'

export const revisionOperations = {
  listRevisions: {
    name: 'listRevisions',
    method: 'GET',
    path: revisionsPath,
    scope: 'read',
    summary: 'List the revisions of a workspace, newest first.',
    query: pageQuery,
    status: 200,
    result: pageOf(revisionSummary),
  },
  compareRevisions: {
    name: 'compareRevisions',
    method: 'GET',
    path: `${revisionsPath}/compare`,
    scope: 'read',
    summary: 'Show what differs between two revisions.',
    query: object({ from: number, to: Type.Optional(number) }),
    status: 200,
    result: comparison,
    example: { from: 1, to: 3 },
  },
  showRevision: {
    name: 'showRevision',
    method: 'GET',
    path: `${revisionsPath}/{revision}`,
    scope: 'read',
    summary: 'Show what a revision changed.',
    status: 200,
    result: revisionView,
  },
  revertToRevision: {
    name: 'revertToRevision',
    method: 'POST',
    path: `${revisionsPath}/{revision}/revert`,
    scope: 'write',
    summary: 'Commit a new revision that is as the given one was; credentials are never brought back.',
    input: object({ note: Type.Optional(note) }),
    status: 200,
    result: committed,
    example: { note: 'The new limits were wrong' },
  },
} as const
