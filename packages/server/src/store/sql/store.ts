import type { AuditLoad, AuditRow, MaintenanceStore, SingleUseStore, Store, StoreChange } from '../store.ts'
import { listAudit, newestAudit } from './audit.ts'
import { type Committed, listDrafts, listRevisions, readDraft, readRevisions } from './commits.ts'
import {
  list,
  listTenants,
  listWorkspaceEntities,
  listWorkspaces,
  readAll,
  readEntity,
  readWorkspaceRow,
} from './configuration.ts'
import { listCallers } from './credential-callers.ts'
import { listCredentialUses } from './credential-use.ts'
import { announcedDistances, countEndings, dueEndings, listCredentials, listEndings } from './endings.ts'
import { findIdempotency } from './idempotency.ts'
import { listAllKeys, listKeys } from './keys.ts'
import { listLiveRevocations } from './revocations.ts'
import { readSetting } from './settings.ts'
import type { Database } from './tables.ts'
import { countMessages, dueMessages, listMessages } from './webhook-messages.ts'
import { listWebhooks } from './webhooks.ts'
import type { WriteArguments, WriteName, WriteResult } from './writes.ts'

/** What a database brings: everything else is the same for all of them. */
export type SqlEngine = {
  readonly database: Database
  /** Runs one of `writes` in a transaction; rejects with `StoreUnavailableError` when it was not done. */
  readonly write: <N extends WriteName>(name: N, ...args: WriteArguments<N>) => Promise<WriteResult<N>>
  /** Durable when it resolves; concurrent calls share a commit. */
  readonly appendAudit: (event: AuditRow) => Promise<void>
  readonly auditLoad: () => AuditLoad
  /** An event of a write as a row of this database; by default as it is. */
  readonly toRow?: (event: AuditRow) => AuditRow
  readonly followAudit: Store['audit']['follow']
  readonly followWorkspace: Store['webhooks']['follow']
  readonly purgeAudit: Store['audit']['purge']
  /** Takes a value that counts once, in one commit with audit events. */
  readonly useOnce: SingleUseStore['use']
  readonly purgeUsed: SingleUseStore['purge']
  /** The read of the token path. */
  readonly readClient: Store['configuration']['readClient']
  /** Each database has its own way to look into JSON. */
  readonly findSecret: Store['configuration']['findSecret']
  readonly maintenance: MaintenanceStore
  /** Whoever listens to changes. */
  readonly listeners: Listeners
  readonly catchUp: Store['catchUp']
  readonly tell: Store['tell']
  readonly leads: Store['leads']
  readonly contact: Store['contact']
  readonly close: () => Promise<void>
}

export type Listeners = {
  readonly subscribe: Store['subscribe']
  readonly notify: (change: StoreChange) => void
}

export const createListeners = (): Listeners => {
  const listeners = new Set<(change: StoreChange) => void>()
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    notify: (change) => {
      for (const listener of listeners) listener(change)
    },
  }
}

/** The store over a SQL database. */
export const createSqlStore = ({
  database,
  write,
  appendAudit,
  auditLoad,
  toRow = (event) => event,
  followAudit,
  followWorkspace,
  purgeAudit,
  useOnce,
  purgeUsed,
  readClient,
  findSecret,
  maintenance,
  listeners: { subscribe, notify },
  catchUp,
  tell,
  leads,
  contact,
  close,
}: SqlEngine): Store => {
  const rows = (events: readonly AuditRow[]): readonly AuditRow[] => events.map(toRow)
  /** Does a write that others must hear of, also when its answer was lost: it may have been done. */
  const announced = async <T>(change: StoreChange, done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      notify(change)
    }
  }
  return {
    configuration: {
      listTenants: () => listTenants(database),
      listWorkspaces: () => listWorkspaces(database),
      listWorkspaceEntities: () => listWorkspaceEntities(database),
      readWorkspaceRow: (workspace) => readWorkspaceRow(database, workspace),
      readEntity: (workspace, kind, id) => readEntity(database, workspace, kind, id),
      readAll: (workspace, kind) => readAll(database, workspace, kind),
      readClient,
      findSecret,
      list: (workspace, kind, request) => list(database, workspace, kind, request),
    },
    changes: {
      createTenant: (tenant, events) => write('createTenant', tenant, rows(events)),
      commit: async (request, events) => {
        const { workspace } = request
        const entities = request.changes.map(({ kind, id, parent }) => ({ kind, id, parent }))
        let result: Committed
        try {
          result = await write('commit', request, rows(events))
        } catch (error) {
          // The answer may have been lost after the commit: whoever keeps a copy must read again, and what went with something
          // that was deleted was in the answer.
          const deletes = request.changes.some(({ body }) => body === undefined)
          notify(deletes ? { about: 'everything' } : { about: 'configuration', workspace, entities })
          throw error
        }
        if (result.outcome !== 'committed') return result
        notify({ about: 'configuration', workspace, entities: [...entities, ...result.removed] })
        return { outcome: 'committed', revision: result.revision }
      },
      listRevisions: (workspace, before, limit) => listRevisions(database, workspace, before, limit),
      readRevisions: (workspace, from, to) => readRevisions(database, workspace, from, to),
      saveDraft: (draft, events) => write('saveDraft', draft, rows(events)),
      readDraft: (workspace, id) => readDraft(database, workspace, id),
      listDrafts: (workspace) => listDrafts(database, workspace),
      deleteDraft: (workspace, id, events) => write('deleteDraft', workspace, id, rows(events)),
    },
    keys: {
      listKeys: (workspace) => listKeys(database, workspace),
      listAllKeys: () => listAllKeys(database),
      changeKeys: (change, events) =>
        announced({ about: 'keys', workspace: change.workspace }, write('changeKeys', change, rows(events))),
      resealKeys: (keys) => announced({ about: 'keys', workspace: undefined }, write('resealKeys', keys)),
      deleteKeys: (kids, events) =>
        announced({ about: 'keys', workspace: undefined }, write('deleteKeys', kids, rows(events))),
    },
    revocations: {
      add: (revocations, events) => write('addRevocations', revocations, rows(events)),
      listLive: (now) => listLiveRevocations(database, now),
      purge: (now, limit) => write('purgeRevocations', now, limit),
    },
    audit: {
      append: appendAudit,
      deliver: (spool, from, events) => write('deliverAudit', spool, from, rows(events)),
      load: auditLoad,
      list: (filter, before, limit) => listAudit(database, filter, before, limit),
      follow: followAudit,
      newest: () => newestAudit(database),
      purge: purgeAudit,
    },
    endings: {
      put: (workspace, all) => write('putAllEndings', workspace, all),
      announced: (workspace) => announcedDistances(database, workspace),
      due: (workspace, announced, until, limit) => dueEndings(database, workspace, announced, until, limit),
      list: (workspace, page) => listEndings(database, workspace, page),
      count: (workspace, from, until) => countEndings(database, workspace, from, until),
      announce: (notices) =>
        write(
          'announceEndings',
          notices.map((notice) => ({ ...notice, event: toRow(notice.event) })),
        ),
      forget: (workspace, announced) => write('forgetEndings', workspace, announced),
      listCredentials: (workspace, after, limit) => listCredentials(database, workspace, after, limit),
    },
    webhooks: {
      listAll: () => listWebhooks(database, undefined),
      list: (workspace) => listWebhooks(database, workspace),
      follow: followWorkspace,
      due: (workspace, webhook, now, limit) => dueMessages(database, workspace, webhook, now, limit),
      record: (workspace, webhook, change, events) => write('recordWebhook', workspace, webhook, change, rows(events)),
      counts: () => countMessages(database),
      messages: (workspace, webhook, kind, after, limit) =>
        listMessages(database, workspace, webhook, kind, after, limit),
      resend: (workspace, webhook, sequences, now) => write('resendMessages', workspace, webhook, sequences, now),
      purge: (before, limit) => write('purgeDeadLetters', before, limit),
      reseal: (webhooks) => write('resealWebhooks', webhooks),
    },
    credentialUse: {
      save: (uses) => write('saveCredentialUses', uses),
      listOfClient: (workspace, client) => listCredentialUses(database, workspace, client),
      listCallers: (workspace, client) => listCallers(database, workspace, client),
      purge: (before, limit) => write('purgeCallers', before, limit),
    },
    idempotency: {
      find: (key, now) => findIdempotency(database, key, now),
      save: (record) => write('saveIdempotency', record),
      purge: (now, limit) => write('purgeIdempotency', now, limit),
    },
    singleUse: {
      use: useOnce,
      purge: purgeUsed,
    },
    settings: {
      read: (name) => readSetting(database, name),
      write: (name, value) => write('writeSetting', name, value),
      keep: (name, value) => write('keepSetting', name, value),
    },
    maintenance,
    subscribe,
    catchUp,
    tell,
    leads,
    contact,
    close,
  }
}
