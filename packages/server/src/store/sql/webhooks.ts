import { sql } from 'kysely'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, StoredAuditRow, WebhookProgress, WebhookRow, WebhookState, WebhookStore } from '../store.ts'
import { insertAuditRows } from './audit.ts'
import { type Database, optionalNumber, type Tables, type Write } from './tables.ts'

/** Lets a new webhook begin behind the newest event, and one that was gone be tried again. */
export const beginWebhook = async (db: Write, workspace: WorkspaceKey, webhook: string): Promise<void> => {
  const newest = await db
    .selectFrom('audit_event')
    .select((e) => e.fn.max('sequence').as('newest'))
    .executeTakeFirst()
  await db
    .insertInto('webhook_progress')
    .values({ workspace, webhook, position: Number(newest?.newest ?? 0), state: 'active' })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'webhook'])
        .doUpdateSet({ state: 'active', failing_since: null })
        .where('webhook_progress.state', '=', 'gone'),
    )
    .execute()
}

/** Forgets how a webhook, or all of a workspace, did. */
export const endWebhook = async (db: Write, workspace: WorkspaceKey, webhook: string | undefined): Promise<void> => {
  for (const table of ['webhook_progress', 'webhook_message'] as const) {
    await db
      .deleteFrom(table)
      .where('workspace', '=', workspace)
      .$if(webhook !== undefined, (query) => query.where('webhook', '=', webhook ?? ''))
      .execute()
  }
}

const toRow = (
  row: Tables['webhook_progress'] & { readonly revision: number; readonly entity_body: string },
): WebhookRow => ({
  workspace: row.workspace as WorkspaceKey,
  id: row.webhook,
  revision: Number(row.revision),
  body: row.entity_body,
  progress: {
    position: Number(row.position),
    state: row.state as WebhookState,
    failingSince: optionalNumber(row.failing_since),
    lastSuccess: optionalNumber(row.last_success),
    lastAttempt: optionalNumber(row.last_attempt),
    lastOutcome: row.last_outcome ?? undefined,
  },
})

export const listWebhooks = async (db: Database, workspace: WorkspaceKey | undefined): Promise<WebhookRow[]> => {
  const rows = await db
    .selectFrom('webhook_progress')
    .innerJoin('entity', (join) =>
      join
        .onRef('entity.workspace', '=', 'webhook_progress.workspace')
        .on('entity.kind', '=', 'webhook')
        .on('entity.parent', '=', '')
        .onRef('entity.id', '=', 'webhook_progress.webhook'),
    )
    .selectAll('webhook_progress')
    .select(['entity.revision', 'entity.body as entity_body'])
    .$if(workspace !== undefined, (query) => query.where('webhook_progress.workspace', '=', workspace ?? ''))
    .orderBy('webhook_progress.workspace')
    .orderBy('webhook_progress.webhook')
    .execute()
  return rows.map(toRow)
}

/** The condition is the one of the index `audit_event_of_workspace`, in its own words, or it would not be used. */
const noToken = sql<boolean>`type <> 'token.issued'`

export const followWorkspace = async (
  db: Database,
  workspace: WorkspaceKey,
  after: number,
  limit: number,
  settled = Number.MAX_SAFE_INTEGER,
): Promise<StoredAuditRow[]> => {
  const rows = await db
    .selectFrom('audit_event')
    .select(['sequence', 'time', 'type', 'workspace', 'client', 'reference', 'body'])
    .where('workspace', '=', workspace)
    .where('sequence', '>', after)
    .where('sequence', '<=', settled)
    .where(noToken)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    ...row,
    sequence: Number(row.sequence),
    time: Number(row.time),
    reference: row.reference ?? '',
  }))
}

type Recorded = Parameters<WebhookStore['record']>[2]

const writeProgress = async (
  db: Write,
  workspace: WorkspaceKey,
  webhook: string,
  progress: WebhookProgress,
): Promise<boolean> => {
  const { position, state, failingSince, lastSuccess, lastAttempt, lastOutcome } = progress
  const result = await db
    .updateTable('webhook_progress')
    .set({
      // Never back: another node may have gone further.
      position: sql<number>`CASE WHEN position > ${position} THEN position ELSE ${position} END`,
      state,
      failing_since: failingSince ?? null,
      last_success: lastSuccess ?? null,
      last_attempt: lastAttempt ?? null,
      last_outcome: lastOutcome ?? null,
    })
    .where('workspace', '=', workspace)
    .where('webhook', '=', webhook)
    .executeTakeFirst()
  return Number(result.numUpdatedRows) === 1
}

export const recordWebhook = async (
  db: Write,
  workspace: WorkspaceKey,
  webhook: string,
  { progress, keep, remove, hurry }: Recorded,
  events: readonly AuditRow[],
): Promise<void> => {
  if (!(await writeProgress(db, workspace, webhook, progress))) return
  if (remove.length > 0) {
    await db
      .deleteFrom('webhook_message')
      .where('workspace', '=', workspace)
      .where('webhook', '=', webhook)
      .where('sequence', 'in', [...remove])
      .execute()
  }
  for (const { lastOutcome, due, ...message } of keep) {
    const changing = { attempts: message.attempts, due: due ?? null, last_outcome: lastOutcome }
    await db
      .insertInto('webhook_message')
      .values({ workspace, webhook, ...message, ...changing })
      .onConflict((conflict) => conflict.columns(['workspace', 'webhook', 'sequence']).doUpdateSet(changing))
      .execute()
  }
  if (hurry) {
    await db
      .updateTable('webhook_message')
      .set({ due: 0 })
      .where('workspace', '=', workspace)
      .where('webhook', '=', webhook)
      .where('due', 'is not', null)
      .execute()
  }
  await insertAuditRows(db, events)
}

export const resealWebhooks = async (
  db: Write,
  webhooks: readonly { readonly workspace: WorkspaceKey; readonly id: string; readonly body: string }[],
): Promise<void> => {
  for (const { workspace, id, body } of webhooks) {
    await db
      .updateTable('entity')
      .set({ body })
      .where('workspace', '=', workspace)
      .where('kind', '=', 'webhook')
      .where('parent', '=', '')
      .where('id', '=', id)
      .execute()
  }
}
