import { type ExpiringView, operations } from '@mintmark/protocol/admin'
import { ageAhead, ageAnnounced } from '../policy/expiry-notices.ts'
import { subjectOf } from '../registry/endings.ts'
import type { EndingPage, EndingRow } from '../store/store.ts'
import { type Handler, handle } from './call.ts'
import { defaultPageSize, pageOf } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { assertWorkspace } from './list-entities.ts'
import { instant } from './views.ts'

/** Seconds, where the caller does not say. */
const defaultWithin = 2_592_000

const isAge = ({ announced }: EndingRow): boolean => announced < 0

const view = (row: EndingRow): ExpiringView => ({
  ends: instant(row.ends),
  reason: isAge(row) ? 'age' : 'end',
  ...subjectOf(row),
})

type Place = NonNullable<EndingPage['after']>

const placeOf = ({ ends, place, part }: EndingRow): Place => ({ ends, parent: place.parent, id: place.id, part })

const byEnd = (a: EndingRow, b: EndingRow): number => {
  const [one, other] = [placeOf(a), placeOf(b)]
  if (one.ends !== other.ends) return one.ends - other.ends
  const [left, right] = [one, other].map(({ parent, id, part }) => JSON.stringify([parent, id, part]))
  return (left ?? '') < (right ?? '') ? -1 : 1
}

export const createExpiringHandlers = ({ store, cursors, clock }: AdminDependencies): readonly Handler[] => [
  handle(operations.listExpiring, async ({ workspace, query }) => {
    const { limit = defaultPageSize, after, within = defaultWithin } = query
    const list = JSON.stringify([workspace, 'expiring', within])
    const place = after === undefined ? undefined : (JSON.parse(cursors.read(list, after)) as Place)
    await assertWorkspace(store, workspace)
    const now = clock.now()
    const page = { until: now + within * 1000, after: place, limit: limit + 1 }
    // What is over its age goes on proving its client, and stays in the list.
    const overdue = await store.endings.list(workspace, {
      ...page,
      from: 0,
      until: now,
      announced: [ageAhead, ageAnnounced],
    })
    const ahead = await store.endings.list(workspace, { ...page, from: now })
    const rows = [...overdue, ...ahead].sort(byEnd)
    return { body: pageOf(rows, limit, view, (row) => cursors.write(list, JSON.stringify(placeOf(row)))) }
  }),
]
