import type { KeyRecord } from '../../src/domain/signing-key.ts'
import type { WorkspaceKey } from '../../src/domain/workspace.ts'
import type {
  AuditRow,
  Commit,
  CommitResult,
  DraftRow,
  EntityChange,
  Revocation,
  Store,
} from '../../src/store/store.ts'

export const workspace: WorkspaceKey = 'acme/cases'
export const otherWorkspace: WorkspaceKey = 'acme/other'
/** 2026-01-01, in milliseconds. */
export const time = 1_767_225_600_000

export const change = (kind: EntityChange['kind'], id: string, more: Partial<EntityChange> = {}): EntityChange => ({
  kind,
  id,
  parent: '',
  expectedRevision: 0,
  body: `{"name":"${id}"}`,
  claims: [],
  before: undefined,
  after: undefined,
  ...more,
})

export const commitOf = (changes: readonly EntityChange[], more: Partial<Commit> = {}): Commit => ({
  workspace,
  validatedAt: 0,
  changes,
  time,
  actor: 'system/admin/cli',
  note: '',
  draft: undefined,
  idempotency: undefined,
  ...more,
})

/** Commits against whatever the workspace's revision is. */
export const commitNow = async (
  store: Store,
  changes: readonly EntityChange[],
  more: Partial<Commit> = {},
  events: readonly AuditRow[] = [],
): Promise<CommitResult> => {
  const row = await store.configuration.readWorkspaceRow(more.workspace ?? workspace)
  return store.changes.commit(commitOf(changes, { validatedAt: row?.revision ?? 0, ...more }), events)
}

export const event = (more: Partial<AuditRow> = {}): AuditRow => ({
  time,
  type: 'token.issued',
  workspace,
  client: 'cb',
  reference: '',
  body: '{}',
  ...more,
})

export const draft = (more: Partial<DraftRow> = {}): DraftRow => ({
  id: 'draft-1',
  workspace,
  base: 1,
  created: time,
  actor: 'system/admin/cli',
  note: '',
  version: 1,
  operations: '[]',
  ...more,
})

export const key = (kid: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  workspace,
  kid,
  use: 'sig',
  algorithm: 'ES256',
  created: time,
  activeFrom: time,
  retiredFrom: undefined,
  goneFrom: undefined,
  compromisedAt: undefined,
  publicJwk: '{"kty":"EC"}',
  sealedPrivateKey: 'c2VhbGVk',
  ...more,
})

export const revocation = (value: string, more: Partial<Revocation> = {}): Revocation => ({
  workspace,
  subject: 'token',
  value,
  issuedUntil: 0,
  expires: 2_000_000_000,
  ...more,
})

/** Text that a query built by hand would stumble over. */
export const oddTexts: readonly string[] = [
  "o'clock",
  'per%cent',
  'under_score',
  'back\\slash',
  '"; DROP TABLE entity; --',
  'ünï/côdé',
  '😀',
  ' leading and trailing ',
  'new\nline',
  '$1 ?1 :name @x',
]
