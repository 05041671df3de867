import type { KeyRecord } from '../../domain/signing-key.ts'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, KeyStore, KeyTimes } from '../store.ts'
import { insertAuditRows } from './audit.ts'
import { type Database, optionalNumber, type Tables, type Write } from './tables.ts'

const toKey = (row: Tables['signing_key']): KeyRecord => ({
  workspace: row.workspace as WorkspaceKey,
  kid: row.kid,
  use: row.use as KeyRecord['use'],
  algorithm: row.algorithm as KeyRecord['algorithm'],
  created: Number(row.created),
  activeFrom: Number(row.active_from),
  retiredFrom: optionalNumber(row.retired_from),
  goneFrom: optionalNumber(row.gone_from),
  compromisedAt: optionalNumber(row.compromised_at),
  publicJwk: row.public_jwk,
  sealedPrivateKey: row.sealed_private_key,
})

const times = (key: KeyTimes) => ({
  active_from: key.activeFrom,
  retired_from: key.retiredFrom ?? null,
  gone_from: key.goneFrom ?? null,
  compromised_at: key.compromisedAt ?? null,
})

export const listKeys = async (db: Database, workspace: WorkspaceKey): Promise<KeyRecord[]> =>
  (await db.selectFrom('signing_key').selectAll().where('workspace', '=', workspace).orderBy('created').execute()).map(
    toKey,
  )

export const listAllKeys = async (db: Database): Promise<KeyRecord[]> =>
  (await db.selectFrom('signing_key').selectAll().orderBy('created').execute()).map(toKey)

export const changeKeys = async (
  db: Write,
  change: Parameters<KeyStore['changeKeys']>[0],
  events: readonly AuditRow[],
): Promise<'changed' | 'moved'> => {
  const newest = await db
    .selectFrom('signing_key')
    .select('kid')
    .where('workspace', '=', change.workspace)
    .where('algorithm', '=', change.algorithm)
    .orderBy('created', 'desc')
    .orderBy('active_from', 'desc')
    .orderBy('kid', 'desc')
    .executeTakeFirst()
  if ((newest?.kid ?? '') !== change.expectedNewest) return 'moved'
  for (const key of change.update) {
    await db.updateTable('signing_key').set(times(key)).where('kid', '=', key.kid).execute()
  }
  for (const key of change.insert) {
    await db
      .insertInto('signing_key')
      .values({
        kid: key.kid,
        workspace: key.workspace,
        use: key.use,
        algorithm: key.algorithm,
        created: key.created,
        ...times(key),
        public_jwk: key.publicJwk,
        sealed_private_key: key.sealedPrivateKey,
      })
      .execute()
  }
  await insertAuditRows(db, events)
  return 'changed'
}

export const resealKeys = async (
  db: Write,
  keys: readonly Pick<KeyRecord, 'kid' | 'sealedPrivateKey'>[],
): Promise<void> => {
  for (const key of keys) {
    await db
      .updateTable('signing_key')
      .set({ sealed_private_key: key.sealedPrivateKey })
      .where('kid', '=', key.kid)
      .execute()
  }
}

export const deleteKeys = async (db: Write, kids: readonly string[], events: readonly AuditRow[]): Promise<void> => {
  if (kids.length === 0) return
  await db
    .deleteFrom('signing_key')
    .where('kid', 'in', [...kids])
    .execute()
  await insertAuditRows(db, events)
}
