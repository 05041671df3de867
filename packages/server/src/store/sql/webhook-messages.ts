import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { WebhookCounts, WebhookMessage } from '../store.ts'
import { type Database, optionalNumber, type Tables, type Write } from './tables.ts'

const toMessage = (row: Tables['webhook_message']): WebhookMessage => ({
  sequence: Number(row.sequence),
  time: Number(row.time),
  type: row.type,
  body: row.body,
  attempts: Number(row.attempts),
  due: optionalNumber(row.due),
  lastOutcome: row.last_outcome,
})

const messagesOf = (db: Database, workspace: WorkspaceKey, webhook: string) =>
  db.selectFrom('webhook_message').selectAll().where('workspace', '=', workspace).where('webhook', '=', webhook)

export const dueMessages = async (
  db: Database,
  workspace: WorkspaceKey,
  webhook: string,
  now: number,
  limit: number,
): Promise<WebhookMessage[]> => {
  const due = messagesOf(db, workspace, webhook).where('due', '<=', now)
  const rows = await due.orderBy('due').orderBy('sequence').limit(limit).execute()
  return rows.map(toMessage)
}

export const listMessages = async (
  db: Database,
  workspace: WorkspaceKey,
  webhook: string,
  kind: 'waiting' | 'dead',
  after: number,
  limit: number,
): Promise<WebhookMessage[]> => {
  const wanted = messagesOf(db, workspace, webhook).where('due', kind === 'dead' ? 'is' : 'is not', null)
  const rows = await wanted.where('sequence', '>', after).orderBy('sequence').limit(limit).execute()
  return rows.map(toMessage)
}

export const countMessages = async (db: Database): Promise<WebhookCounts[]> => {
  const rows = await db
    .selectFrom('webhook_message')
    .select((e) => ['workspace', 'webhook', e.fn.countAll().as('count'), e.fn.count('due').as('waiting')])
    .groupBy(['workspace', 'webhook'])
    .execute()
  return rows.map(({ workspace, webhook, count, waiting }) => ({
    workspace: workspace as WorkspaceKey,
    webhook,
    waiting: Number(waiting),
    dead: Number(count) - Number(waiting),
  }))
}

export const resendMessages = async (
  db: Write,
  workspace: WorkspaceKey,
  webhook: string,
  sequences: readonly number[] | undefined,
  now: number,
): Promise<number> => {
  await db
    .updateTable('webhook_progress')
    .set({ state: 'active', failing_since: null })
    .where('workspace', '=', workspace)
    .where('webhook', '=', webhook)
    .where('state', '=', 'gone')
    .execute()
  const result = await db
    .updateTable('webhook_message')
    .set({ due: now, attempts: 0 })
    .where('workspace', '=', workspace)
    .where('webhook', '=', webhook)
    .$if(sequences !== undefined, (query) => query.where('sequence', 'in', [...(sequences ?? [])]))
    .executeTakeFirst()
  return Number(result.numUpdatedRows)
}

export const purgeDeadLetters = async (db: Write, before: number, limit: number): Promise<number> => {
  const old = await db
    .selectFrom('webhook_message')
    .select(['workspace', 'webhook', 'sequence'])
    .where('due', 'is', null)
    .where('time', '<', before)
    .limit(limit)
    .execute()
  for (const row of old) {
    await db
      .deleteFrom('webhook_message')
      .where((where) => where.and(row))
      .execute()
  }
  return old.length
}
