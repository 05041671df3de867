import type { FederatedCredential } from '../domain/credential.ts'
import type { Trust } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { CommittedChange, Entity, Store } from '../store/store.ts'
import { readCredentialBody } from './bodies.ts'
import { readTrustBody } from './trust-body.ts'

/** A client by way of a platform. */
export type FederatedClient = { readonly client: string; readonly credential: FederatedCredential }

/** The trusts of a workspace, and the clients that name them. */
export type Federation = {
  /** The trusts of an issuer or trust domain; private clusters may share an issuer, and have keys of their own. */
  readonly ofIssuer: (issuer: string) => readonly Trust[]
  /** The clients that may match a token of a trust whose `sub` is this: few, however many there are. */
  readonly candidates: (trust: string, sub: string) => readonly FederatedClient[]
  /** Every client that names a trust. */
  readonly naming: (trust: string) => readonly FederatedClient[]
}

export type FederationIndex = {
  readonly of: (workspace: WorkspaceKey) => Promise<Federation>
  readonly forget: (change: CommittedChange) => void
  readonly forgetAll: () => void
}

const federatedMark = '"type":"federated"'
const pageSize = 500

const readFederated = (entity: Entity): FederatedClient[] => {
  const credential = readCredentialBody(entity.id, entity.body)
  return credential.type === 'federated' ? [{ client: entity.parent, credential }] : []
}

/** Every federated credential of a workspace, found without reading the others out of the store. */
export const listFederated = async (
  store: Pick<Store, 'configuration'>,
  workspace: WorkspaceKey,
): Promise<FederatedClient[]> => {
  const found: FederatedClient[] = []
  let after = ''
  let page: readonly Entity[]
  do {
    page = await store.configuration.list(workspace, 'credential', {
      after,
      limit: pageSize,
      search: federatedMark,
      parent: '',
    })
    found.push(...page.flatMap(readFederated))
    after = page.at(-1)?.id ?? ''
  } while (page.length === pageSize)
  return found
}

type Held = {
  readonly trusts: readonly Trust[]
  readonly clients: Map<string, readonly FederatedClient[]>
  /** Clients that were changed since, to be read again. */
  readonly changed: Set<string>
  built: Federation | undefined
}

/** Beyond so many changed clients everything is read again. */
const changedAtMost = 500

const build = ({ trusts, clients }: Held): Federation => {
  const byIssuer = Map.groupBy(trusts, ({ issuer }) => issuer)
  const all = [...clients.values()].flat()
  const byTrust = Map.groupBy(all, ({ credential }) => credential.trust)
  const subjectOf = ({ credential }: FederatedClient): string | undefined => {
    for (const matcher of credential.match) {
      if ('equals' in matcher && matcher.claim === 'sub' && typeof matcher.equals === 'string') return matcher.equals
    }
    return undefined
  }
  const nameOf = (trust: string, subject: string | undefined): string => JSON.stringify([trust, subject ?? null])
  const bySubject = Map.groupBy(all, (one) => nameOf(one.credential.trust, subjectOf(one)))
  return {
    ofIssuer: (issuer) => byIssuer.get(issuer) ?? [],
    candidates: (trust, sub) => [
      ...(bySubject.get(nameOf(trust, sub)) ?? []),
      ...(bySubject.get(nameOf(trust, undefined)) ?? []),
    ],
    naming: (trust) => byTrust.get(trust) ?? [],
  }
}

/** Kept in memory as long as nothing changes; after a change only the clients that changed are read again. */
export const createFederationIndex = ({ store }: { readonly store: Store }): FederationIndex => {
  const held = createBoundedCache<WorkspaceKey, Held>(1000)
  // What was read before a change and would be kept after it is stale: reads remember the generation they began in.
  let generation = 0

  const load = async (workspace: WorkspaceKey): Promise<Held> => {
    const began = generation
    const trusts = await store.configuration.readAll(workspace, 'trust')
    const clients = trusts.length === 0 ? [] : await listFederated(store, workspace)
    const made: Held = {
      trusts: trusts.map(({ id, body }) => readTrustBody(id, body)),
      clients: new Map(Map.groupBy(clients, ({ client }) => client)),
      changed: new Set(),
      built: undefined,
    }
    if (began === generation) held.set(workspace, made)
    return made
  }

  const refresh = async (workspace: WorkspaceKey, known: Held): Promise<Held> => {
    const began = generation
    const clients = new Map(known.clients)
    for (const id of known.changed) {
      const read = await store.configuration.readClient(workspace, id)
      const federated = read?.credentials.flatMap(readFederated) ?? []
      if (federated.length === 0) clients.delete(id)
      else clients.set(id, federated)
    }
    const made: Held = { trusts: known.trusts, clients, changed: new Set(), built: undefined }
    if (began === generation) held.set(workspace, made)
    return made
  }

  return {
    of: async (workspace) => {
      const known = held.get(workspace)
      let current = known ?? (await load(workspace))
      if (current.changed.size > 0) current = await refresh(workspace, current)
      current.built ??= build(current)
      return current.built
    },
    forgetAll: () => {
      generation += 1
      held.clear()
    },
    forget: ({ workspace, entities }) => {
      generation += 1
      const known = held.get(workspace)
      if (known === undefined) return
      for (const { kind, id, parent } of entities) {
        if (kind === 'credential') known.changed.add(parent)
        if (kind === 'client') known.changed.add(id)
      }
      const whole = entities.some(({ kind }) => kind === 'workspace' || kind === 'trust')
      if (whole || known.changed.size > changedAtMost) held.delete(workspace)
    },
  }
}
