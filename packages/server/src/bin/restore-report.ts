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

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** The report for a person. */
export const reportLines = ({ workspaces, newestEvent }: RestoreReport): readonly string[] => [
  ...workspaces.map(
    ({ workspace, revision, clients, credentials, apis }) =>
      `  ${workspace}: revision ${revision}, ${counted(clients, 'client')} with ${counted(credentials, 'credential')}, ${counted(apis, 'API')}`,
  ),
  newestEvent === undefined
    ? 'It holds no audit event.'
    : `Its newest audit event is of ${new Date(newestEvent).toISOString()}.`,
]

/** The report for a program. */
export const reportValue = ({ workspaces, newestEvent }: RestoreReport): object => ({
  workspaces,
  newestEvent: newestEvent === undefined ? null : new Date(newestEvent).toISOString(),
})

/** What a backup cannot know, and somebody has to do again. */
export const unknownLines = (rejected: string | undefined, keysReplaced: number): readonly string[] => [
  'Whatever was decided after that is not in it. Do again: clients disabled or deleted, secrets removed,',
  'keys reported as compromised, permissions taken away (your audit export and mintmark plan help).',
  rejected === undefined
    ? 'Tokens revoked after that are valid again until they expire: restore with --reject-issued-before now to prevent it.'
    : `Tokens issued until ${rejected} are rejected in every workspace.`,
  ...(keysReplaced === 0 ? [] : [`Every key was given up; ${counted(keysReplaced, 'new key')} in use.`]),
]
