import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { AuditOutage, Workspace, WorkspaceKey } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import { createRememberingCache } from '../lib/remembering-cache.ts'
import { type LastKnown, nothingLastKnown } from '../store/last-known.ts'
import { type CommittedChange, type Store, type StoreChange, StoreUnavailableError } from '../store/store.ts'
import { readApiBody, readClient, readWorkspaceBody } from './bodies.ts'
import { createClientCache } from './client-cache.ts'
import { createFederationIndex, type Federation } from './federation-index.ts'
import { createReadsUnderWay } from './reads-under-way.ts'

/** A workspace as requests need it: its settings and its APIs. */
export type WorkspaceView = {
  readonly workspace: Workspace
  /** In the order of ids; disabled ones included. */
  readonly apis: readonly Api[]
}

export type AliasTarget = { readonly workspace: WorkspaceKey; readonly endpoint: string }

type Now<T> = T | Promise<T>

/**
 * What is registered, read once and kept until a committed change says otherwise. A value that is at hand is returned as
 * it is and not as a promise: on the token path nothing is waited for.
 */
export type Registry = {
  readonly workspace: (key: WorkspaceKey) => Now<WorkspaceView | undefined>
  readonly client: (key: WorkspaceKey, id: string) => Now<Client | undefined>
  /** The trusts of a workspace, and the clients that name them. */
  readonly federation: (key: WorkspaceKey) => Promise<Federation>
  /** The workspace and endpoint that a path of its own names. */
  readonly alias: (path: string) => Now<AliasTarget | undefined>
  /** What a workspace does while audit events cannot be stored, by what is at hand, and as of when that is known to be so. */
  readonly auditOutage: (key: WorkspaceKey) => { readonly policy: AuditOutage; readonly asOf: number }
  /** Whether some workspace that is known here goes on while audit events cannot be stored. */
  readonly someGoesOn: () => boolean
  /** Entries held, by cache. */
  readonly sizes: () => Readonly<Record<string, number>>
  readonly close: () => void
}

const interner = (): (<T extends object>(value: T) => T) => {
  const known = createBoundedCache<string, object>(4096)
  return <T extends object>(value: T): T => {
    const name = JSON.stringify(value)
    const found = known.get(name)
    if (found !== undefined) return found as T
    known.set(name, value)
    return value
  }
}

/**
 * @param clientCapacity how many clients are kept in memory; a client beyond that is read again
 */
export const createRegistry = ({
  store,
  clientCapacity,
  lastKnown = nothingLastKnown,
}: {
  readonly store: Store
  readonly clientCapacity: number
  readonly lastKnown?: LastKnown
}): Registry => {
  const views = createRememberingCache<WorkspaceKey, WorkspaceView>(10_000)
  const lastViews = createBoundedCache<WorkspaceKey, WorkspaceView>(10_000)
  const clients = createRememberingCache<string, Client>(clientCapacity, createClientCache)
  const shared = interner()
  const federations = createFederationIndex({ store })
  let aliases: Promise<ReadonlyMap<string, AliasTarget>> | ReadonlyMap<string, AliasTarget> | undefined
  // A value read before a change and stored after it would be stale for ever: reads remember the generation they began in.
  let generation = 0

  // Those since the last change.
  const reads = createReadsUnderWay()
  const { together } = reads

  const forgetAll = (): void => {
    generation += 1
    reads.forget()
    federations.forgetAll()
    views.retire(lastKnown.asOf())
    clients.retire(lastKnown.asOf())
    aliases = undefined
  }

  const forget = (change: CommittedChange): void => {
    generation += 1
    reads.forget()
    federations.forget(change)
    for (const { kind, id, parent } of change.entities) {
      if (kind === 'workspace' || kind === 'api') views.delete(change.workspace)
      if (kind === 'workspace') aliases = undefined
      if (kind === 'client') clients.delete(`${change.workspace}/${id}`)
      if (kind === 'credential') clients.delete(`${change.workspace}/${parent}`)
    }
  }
  const unsubscribe = store.subscribe((change: StoreChange) => {
    if (change.about === 'configuration') forget(change)
    if (change.about === 'everything') forgetAll()
  })

  /** The settings read last, for as long as the store cannot say what they are now: they let nobody in. */
  const viewOf = async (key: WorkspaceKey): Promise<WorkspaceView | undefined> => {
    const past = views.past(key)
    if (past !== undefined && lastKnown.mayUse(past.asOf)) return past.value
    try {
      return await loadView(key)
    } catch (error) {
      const last = lastViews.get(key)
      if (last === undefined || !(error instanceof StoreUnavailableError)) throw error
      return last
    }
  }

  const loadView = async (key: WorkspaceKey): Promise<WorkspaceView | undefined> => {
    const began = generation
    const settings = await store.configuration.readEntity(key, 'workspace', key)
    if (settings === undefined) {
      lastViews.delete(key)
      return undefined
    }
    const apis = await store.configuration.readAll(key, 'api')
    const view = {
      workspace: readWorkspaceBody(key, settings.body),
      apis: apis.map((api) => readApiBody(api.id, api.body)),
    }
    if (began === generation) views.set(key, view)
    lastViews.set(key, view)
    return view
  }

  const loadClient = async (key: WorkspaceKey, id: string): Promise<Client | undefined> => {
    const began = generation
    const found = await store.configuration.readClient(key, id)
    if (found === undefined) {
      clients.delete(`${key}/${id}`)
      return undefined
    }
    const client = readClient(found.client, found.credentials, shared)
    if (began === generation) clients.set(`${key}/${id}`, client)
    return client
  }

  const auditOutage: Registry['auditOutage'] = (key) => {
    const present = views.get(key)
    if (present !== undefined) return { policy: present.workspace.auditOutage, asOf: lastKnown.asOf() }
    const past = views.past(key)
    return { policy: past?.value.workspace.auditOutage ?? 'strict', asOf: past?.asOf ?? Number.NEGATIVE_INFINITY }
  }

  /** A client of before the store was out of reach, where its workspace goes on without. */
  const pastClient = (key: WorkspaceKey, id: string): Client | undefined => {
    const past = clients.past(`${key}/${id}`)
    const usable = past !== undefined && lastKnown.mayUse(past.asOf) && auditOutage(key).policy === 'available'
    return usable ? past.value : undefined
  }

  const loadAliases = async (): Promise<ReadonlyMap<string, AliasTarget>> => {
    const began = generation
    const entities = await store.configuration.listWorkspaceEntities()
    const map = new Map<string, AliasTarget>()
    for (const entity of entities) {
      for (const { path, endpoint } of readWorkspaceBody(entity.workspace, entity.body).aliases) {
        map.set(path, { workspace: entity.workspace, endpoint })
      }
    }
    aliases = began === generation ? map : undefined
    return map
  }

  return {
    workspace: (key) => views.get(key) ?? together(key, () => viewOf(key)),
    client: (key, id) =>
      clients.get(`${key}/${id}`) ?? pastClient(key, id) ?? together(`${key}/${id}`, () => loadClient(key, id)),
    federation: federations.of,
    alias: (path) => {
      if (aliases === undefined) {
        aliases = loadAliases()
        aliases.catch(() => {
          aliases = undefined
        })
      }
      return aliases instanceof Promise ? aliases.then((map) => map.get(path)) : aliases.get(path)
    },
    auditOutage,
    someGoesOn: () =>
      views.some(
        ({ workspace }, asOf) => workspace.auditOutage === 'available' && lastKnown.isRecent(asOf ?? lastKnown.asOf()),
      ),
    sizes: () => ({ clients: clients.size(), workspaces: views.size() }),
    close: unsubscribe,
  }
}
