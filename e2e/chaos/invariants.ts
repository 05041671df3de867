import assert from 'node:assert/strict'
import { everyItem } from '@mintmark/client/admin'
import { type Cluster, demo } from './cluster.ts'
import type { Journal } from './journal.ts'

/** Whatever happened: these hold. */
export const checkInvariants = async (cluster: Cluster, journal: Journal, staleLimit: number): Promise<void> => {
  const { rows } = await cluster.postgres.query(
    cluster.database,
    "SELECT body::jsonb ->> 'jti' AS jti, count(*)::int AS events FROM audit_event WHERE type = 'token.issued' GROUP BY 1",
  )
  const recorded = new Map(
    (rows as { readonly jti: string; readonly events: number }[]).map(({ jti, events }) => [jti, events]),
  )
  const unrecorded = [...journal.issued].filter((jti) => !recorded.has(jti))
  assert.deepEqual(unrecorded, [], 'every token that reached its client has its audit event')
  assert.deepEqual(
    [...recorded].filter(([, events]) => events !== 1),
    [],
    'no token was recorded twice',
  )

  const there = new Map<string, boolean>()
  for await (const client of everyItem((after) => cluster.admin.listClients(demo, { after })))
    there.set(client.id, client.enabled)
  const lost = [...journal.clients].filter(([id, enabled]) => enabled !== undefined && there.get(id) !== enabled)
  assert.deepEqual(lost, [], 'no acknowledged change of an administrator is lost')

  const { rows: revocations } = await cluster.postgres.query(
    cluster.database,
    "SELECT value FROM revocation WHERE subject = 'token'",
  )
  const revoked = new Set((revocations as { readonly value: string }[]).map(({ value }) => value))
  assert.deepEqual(
    [...journal.revoked.keys()].filter((jti) => !revoked.has(jti)),
    [],
    'no acknowledged revocation is lost',
  )

  const late = journal.stale.filter(({ after }) => after > staleLimit)
  assert.deepEqual(late, [], `nothing is accepted ${staleLimit} ms after it was revoked or disabled`)
}
