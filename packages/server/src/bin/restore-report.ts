import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Store } from '../store/store.ts'

/** What a restored database holds, and from when it is. */
export type RestoreReport = {
  readonly workspaces: readonly {
    readonly workspace: WorkspaceKey
    readonly revision: number
    readonly clients: number
    readonly credentials: number
    readonly apis: number
  }[]
  /** Epoch milliseconds of the newest audit event: what was decided later is not in the backup. */
  readonly newestEvent: number | undefined
}

/** Reads a restored database. */
export const readRestoreReport = async (store: Store): Promise<RestoreReport> => {
  const rows = await store.configuration.listWorkspaces()
  const workspaces = await Promise.all(
    rows.map(async ({ key, revision }) => {
      const count = async (kind: 'client' | 'credential' | 'api') =>
        (await store.configuration.readAll(key, kind)).length
      return {
        workspace: key,
        revision,
        clients: await count('client'),
        credentials: await count('credential'),
        apis: await count('api'),
      }
    }),
  )
  const { events } = await store.audit.list({}, Number.MAX_SAFE_INTEGER, 1)
  return { workspaces, newestEvent: events[0]?.time }
}
