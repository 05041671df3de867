import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { Entity, Store } from '../store.ts'
import type { Connections } from './connections.ts'

const select = `SELECT kind, id, parent, revision, body FROM entity
WHERE workspace = $1 AND kind = 'client' AND parent = '' AND id = $2
UNION ALL
(SELECT kind, id, parent, revision, body FROM entity
WHERE workspace = $1 AND kind = 'credential' AND parent = $2 ORDER BY id)`

/** The read of the token path: a client and its credentials in one round trip. */
export const createClientReader =
  (connections: Pick<Connections, 'query'>): Store['configuration']['readClient'] =>
  async (workspace, id) => {
    const rows = (await connections.query(select, [workspace, id])).rows as Entity[]
    const client = rows.find(({ kind }) => kind === 'client')
    return client && { client, credentials: rows.filter(({ kind }) => kind === 'credential') }
  }

// In the words of the index `entity_secret_digest`.
const digest = String.raw`substring(body from '"hash":\{[^{}]*"digest":"([^"\\]+)"')`
const selectSecrets = `SELECT workspace, kind, id, parent, revision, body FROM entity
WHERE kind = 'credential' AND ${digest} = $1 ORDER BY workspace, parent, id`

/** Every credential that has a digest. */
export const createSecretFinder =
  (connections: Pick<Connections, 'query'>): Store['configuration']['findSecret'] =>
  async (wanted) => {
    const rows = (await connections.query(selectSecrets, [wanted])).rows as (Entity & {
      readonly workspace: WorkspaceKey
    })[]
    return rows.map(({ workspace, ...entity }) => ({ workspace, entity }))
  }
