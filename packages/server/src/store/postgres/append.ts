import type { AuditColumns, UseColumns } from '../sql/audit-queue.ts'
import type { Connections } from './connections.ts'
import { slotOf, usedValueWidth } from './slots.ts'

const use = `INSERT INTO used_value (slot, digest, expires)
SELECT slot, digest, expires FROM unnest($1::smallint[], $2::text[], $3::bigint[]) AS value (slot, digest, expires)
ON CONFLICT (digest, slot) DO NOTHING
RETURNING digest, slot`

/** The transaction has its number before it draws one from the sequence: whoever follows the log relies on it. */
const begun = 'begun AS MATERIALIZED (SELECT pg_current_xact_id() AS transaction)'

const insertFrom = (
  first: number,
): string => `INSERT INTO audit_event (slot, time, type, workspace, client, reference, body)
SELECT slot, time, type, workspace, client, reference, body
FROM begun, unnest($${first}::smallint[], $${first + 1}::bigint[], $${first + 2}::text[], $${first + 3}::text[],
  $${first + 4}::text[], $${first + 5}::text[], $${first + 6}::text[])
  WITH ORDINALITY AS event (slot, time, type, workspace, client, reference, body, place)
WHERE begun.transaction IS NOT NULL
ORDER BY place`

const appendOnly = `WITH ${begun} ${insertFrom(1)}`
const appendAndUse = `WITH ${begun}, appended AS (${insertFrom(4)}), used AS (${use}) SELECT digest, slot FROM used`

type Taken = { readonly digest: string; readonly slot: number }

/**
 * What token requests write, in one statement, one transaction, one round trip: audit events, and values that count once.
 * @param width milliseconds of events in a slot
 * @returns for each value whether it was taken for the first time of all
 */
export const append = async (
  connections: Pick<Connections, 'query'>,
  rows: readonly AuditColumns[],
  uses: readonly UseColumns[],
  width: number,
): Promise<readonly boolean[]> => {
  const column = <C extends 0 | 1 | 2 | 3 | 4 | 5>(index: C) => rows.map((row) => row[index])
  const events = [
    rows.map(([time]) => slotOf(time, width)),
    ...([0, 1, 2, 3, 4, 5] as const).map((index) => column(index)),
  ]
  if (uses.length === 0) {
    await connections.query(appendOnly, events)
    return []
  }
  const named = uses.map(([digest, expires]) => ({ digest, expires, slot: slotOf(expires, usedValueWidth) }))
  // Two nodes that take the same values take them in the same order, so that neither waits for the other for ever.
  const ordered = named.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
  const values = [
    ordered.map(({ slot }) => slot),
    ordered.map(({ digest }) => digest),
    ordered.map(({ expires }) => expires),
  ]
  const { rows: taken } =
    rows.length === 0
      ? await connections.query(use, values)
      : await connections.query(appendAndUse, [...values, ...events])
  const first = new Set((taken as Taken[]).map(({ slot, digest }) => `${slot} ${digest}`))
  return named.map(({ slot, digest }) => first.delete(`${slot} ${digest}`))
}
