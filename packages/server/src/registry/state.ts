import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Entity, EntityKind, Store } from '../store/store.ts'
import { readApiBody, readClient, readCredentialBody, readWorkspaceBody } from './bodies.ts'
import { type FederatedClient, listFederated } from './federation-index.ts'
import type { Body, Offered, Place, ResultingState, Transition } from './kinds/kind.ts'
import { readTrustBody } from './trust-body.ts'

/** An entity a change set touches: as it is stored, and as it is to become. */
export type Touched = Transition & {
  /** The workspace revision that last changed it; 0: it is not there. */
  readonly revision: number
  readonly written?: true
}

/** A workspace with changes laid over it, none of them stored. */
export type WorkingState = ResultingState & {
  /** The workspace's revision when reading began; 0: there is no such workspace. */
  readonly base: number
  readonly read: (place: Place) => Promise<Touched>
  readonly write: (place: Place, after: Body | undefined) => Promise<void>
  /** Everything written, in the order it was first touched. */
  readonly touched: () => readonly Touched[]
  /** Ids of a client's credentials as they would be. */
  readonly credentialsOf: (client: string) => Promise<readonly string[]>
  /** Everything of a kind that stands alone, as it would be; read at once, so that each is not read again. */
  readonly all: (kind: 'api' | 'trust' | 'client' | 'webhook') => Promise<readonly Touched[]>
}

/** Places whose entities are listed together: those of a kind that belong to the same parent. */
const groupOf = (kind: EntityKind, parent: string): string => `${kind} ${parent}`

const pageSize = 500

const same = <T extends object>(value: T): T => value

/**
 * Reads the workspace's revision first and everything else later: if a commit comes between, the store refuses the change
 * set as moved, and it is built again.
 */
export const openState = async (
  store: Store,
  workspace: WorkspaceKey,
  offered: Offered,
  now: number,
): Promise<WorkingState> => {
  const base = (await store.configuration.readWorkspaceRow(workspace))?.revision ?? 0
  const known = new Map<string, Map<string, Touched>>()
  const order: Place[] = []

  const find = ({ kind, parent, id }: Place): Touched | undefined => known.get(groupOf(kind, parent))?.get(id)

  const keep = (touched: Touched): void => {
    const { kind, parent, id } = touched.place
    const group = known.get(groupOf(kind, parent))
    if (group === undefined) known.set(groupOf(kind, parent), new Map([[id, touched]]))
    else group.set(id, touched)
  }

  const fetch = async ({ kind, parent, id }: Place): Promise<Entity | undefined> => {
    if (kind !== 'credential') return store.configuration.readEntity(workspace, kind, id)
    const found = await store.configuration.readClient(workspace, parent)
    return found?.credentials.find((credential) => credential.id === id)
  }

  const remember = (place: Place, entity: Entity | undefined): Touched => {
    const found = find(place)
    if (found !== undefined) return found
    const body = entity && (JSON.parse(entity.body) as Body)
    const touched = { place, revision: entity?.revision ?? 0, before: body, after: body }
    keep(touched)
    return touched
  }

  const read = async (place: Place): Promise<Touched> => find(place) ?? remember(place, await fetch(place))

  /** The entities of a kind as they would be, those read from the store included. */
  const overlaid = (stored: readonly Entity[], kind: EntityKind, parent: string): Touched[] => {
    const overlay = known.get(groupOf(kind, parent))
    const all = new Map<string, Touched>()
    for (const { id, body, revision } of stored) {
      const parsed = overlay?.has(id) === true ? undefined : (JSON.parse(body) as Body)
      all.set(id, { place: { kind, id, parent }, revision, before: parsed, after: parsed })
    }
    for (const [id, touched] of overlay ?? []) all.set(id, touched)
    return [...all.values()].filter(({ after }) => after !== undefined)
  }

  const entity = ({ place, after, revision }: Touched): Entity => ({ ...place, revision, body: JSON.stringify(after) })

  const withCredentials = async (client: Touched): Promise<Client> => {
    const stored = await store.configuration.readClient(workspace, client.place.id)
    const credentials = overlaid(stored?.credentials ?? [], 'credential', client.place.id)
    return readClient(entity(client), credentials.map(entity), same)
  }

  let storedApis: Promise<readonly Entity[]> | undefined
  const readApis = (): Promise<readonly Entity[]> => {
    storedApis ??= store.configuration.readAll(workspace, 'api')
    return storedApis
  }

  const readWebhooks = (): Promise<readonly Entity[]> => store.configuration.readAll(workspace, 'webhook')

  const readTrusts = (): Promise<readonly Entity[]> => store.configuration.readAll(workspace, 'trust')

  const storedClients = async (search: string): Promise<Entity[]> => {
    const found: Entity[] = []
    let after = ''
    let page: readonly Entity[]
    do {
      page = await store.configuration.list(workspace, 'client', { after, limit: pageSize, search, parent: '' })
      found.push(...page)
      after = page.at(-1)?.id ?? ''
    } while (page.length === pageSize)
    return found
  }

  return {
    workspace,
    now,
    offered,
    base,
    read,
    write: async (place, after) => {
      const touched = await read(place)
      if (!touched.written) order.push(touched.place)
      keep({ ...touched, after, written: true })
    },
    touched: () => order.flatMap((place) => find(place) ?? []),
    settings: async () => {
      const { after } = await read({ kind: 'workspace', id: workspace, parent: '' })
      return after && readWorkspaceBody(workspace, JSON.stringify(after))
    },
    apis: async () => {
      return overlaid(await readApis(), 'api', '').map(
        ({ place, after }): Api => readApiBody(place.id, JSON.stringify(after)),
      )
    },
    trust: async (id) => {
      const { after } = await read({ kind: 'trust', id, parent: '' })
      return after && readTrustBody(id, JSON.stringify(after))
    },
    federated: async () => {
      const stored = await listFederated(store, workspace)
      const all = new Map(stored.map((one): [string, FederatedClient] => [one.credential.id, one]))
      for (const touched of [...known.values()].flatMap((group) => [...group.values()])) {
        if (touched.place.kind !== 'credential') continue
        const { id, parent } = touched.place
        const credential = touched.after && readCredentialBody(id, JSON.stringify(touched.after))
        if (credential?.type === 'federated') all.set(id, { client: parent, credential })
        else all.delete(id)
      }
      return [...all.values()]
    },
    client: async (id) => {
      const client = await read({ kind: 'client', id, parent: '' })
      return client.after && withCredentials(client)
    },
    webhooks: async () => overlaid(await readWebhooks(), 'webhook', '').length,
    clientsNaming: async (api) => {
      const quoted = JSON.stringify(api)
      return overlaid(await storedClients(quoted), 'client', '')
        .map((client) => readClient(entity(client), [], same))
        .filter(({ permissions, introspects }) => introspects.includes(api) || permissions.some((p) => p.api === api))
    },
    someClient: async () => {
      const page = { after: '', limit: pageSize, search: '', parent: '' }
      return overlaid(await store.configuration.list(workspace, 'client', page), 'client', '')[0]?.place.id
    },
    clients: async () => Promise.all(overlaid(await storedClients(''), 'client', '').map(withCredentials)),
    credentialsOf: async (client) => {
      const stored = await store.configuration.readClient(workspace, client)
      return overlaid(stored?.credentials ?? [], 'credential', client).map(({ place }) => place.id)
    },
    all: async (kind) => {
      const read = { api: readApis, trust: readTrusts, client: () => storedClients(''), webhook: readWebhooks }
      const stored = await read[kind]()
      for (const found of stored) remember({ kind, id: found.id, parent: '' }, found)
      return overlaid(stored, kind, '')
    },
  }
}
