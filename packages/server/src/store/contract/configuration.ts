import type { WorkspaceKey } from '../../domain/workspace.ts'

/** Kinds of configuration, each a row of `registry/kinds.ts`. */
export type EntityKind = 'workspace' | 'api' | 'trust' | 'client' | 'credential' | 'rotation' | 'webhook'

export type Entity = {
  readonly kind: EntityKind
  readonly id: string
  /** The id of what it belongs to (a credential's client); empty otherwise. */
  readonly parent: string
  /** The workspace revision that last changed it. */
  readonly revision: number
  /** JSON, in the form its kind defines. */
  readonly body: string
}

/** Where an entity lies in its workspace. */
export type EntityPlace = Pick<Entity, 'kind' | 'id' | 'parent'>

export type WorkspaceRow = {
  readonly key: WorkspaceKey
  /** The number of the latest revision. */
  readonly revision: number
}

export type TenantRow = { readonly id: string; readonly displayName: string; readonly created: number }

export type ListRequest = {
  /** Return what comes after this id, in the order of ids; empty: from the start. */
  readonly after: string
  readonly limit: number
  /** Only ids or bodies that contain this text, taken literally but for the case of ASCII letters; empty: all. */
  readonly search: string
  /** Only what belongs to this; empty: all. */
  readonly parent: string
}

export type ConfigurationStore = {
  readonly listTenants: () => Promise<readonly TenantRow[]>
  readonly listWorkspaces: () => Promise<readonly WorkspaceRow[]>
  /** Every workspace's settings (kind `workspace`), for paths and aliases. */
  readonly listWorkspaceEntities: () => Promise<readonly (Entity & { readonly workspace: WorkspaceKey })[]>
  readonly readWorkspaceRow: (workspace: WorkspaceKey) => Promise<WorkspaceRow | undefined>
  readonly readEntity: (workspace: WorkspaceKey, kind: EntityKind, id: string) => Promise<Entity | undefined>
  readonly readAll: (workspace: WorkspaceKey, kind: EntityKind) => Promise<readonly Entity[]>
  /** A client and its credentials, in one read: the only read of the token path, and only when not cached. */
  readonly readClient: (
    workspace: WorkspaceKey,
    id: string,
  ) => Promise<{ readonly client: Entity; readonly credentials: readonly Entity[] } | undefined>
  readonly list: (workspace: WorkspaceKey, kind: EntityKind, request: ListRequest) => Promise<readonly Entity[]>
  /** The credentials of all workspaces whose hash has this `digest`, by an index: as quick when there is none. */
  readonly findSecret: (
    digest: string,
  ) => Promise<readonly { readonly workspace: WorkspaceKey; readonly entity: Entity }[]>
}
