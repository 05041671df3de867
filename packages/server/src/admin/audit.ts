import { setTimeout as delay } from 'node:timers/promises'
import { type AuditEventView, type AuditQuery, operations } from '@mintmark/protocol/admin'
import type { AuditFilter, StoredAuditRow } from '../store/store.ts'
import { notFound } from './admin-problem.ts'
import { type Administrator, allows, assertAllowed } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { defaultPageSize } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { explainEvent } from './explain.ts'
import { instant } from './views.ts'

/** How often a follower that waits looks for events, in milliseconds. */
const lookEvery = 200

export const eventView = ({ sequence, time, body }: StoredAuditRow): AuditEventView => {
  const event = JSON.parse(body) as { readonly type: string }
  return { sequence, time: instant(time), ...event }
}

const tenantOf = (workspace: string): string => workspace.split('/')[0] ?? ''

type Filters = Omit<AuditQuery, 'limit' | 'after'>

/**
 * What a query asks for, within what the administrator may see: who sees one tenant names one of its workspaces.
 * @throws AdminProblem `forbidden`
 */
const filterOf = (administrator: Administrator, filters: Filters): AuditFilter => {
  const { workspace, client, reference, type, since, until } = filters
  assertAllowed(administrator, 'read', workspace === undefined ? undefined : tenantOf(workspace))
  return {
    workspace,
    client,
    reference,
    types: type?.split(',').map((name) => name.trim()),
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
  }
}

export const createAuditHandlers = ({ store, cursors }: AdminDependencies): readonly Handler[] => [
  handle(operations.listAuditEvents, async ({ administrator, query }) => {
    const { limit = defaultPageSize, after, ...filters } = query
    const list = JSON.stringify(['audit', filters])
    const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(cursors.read(list, after))
    const { events, next } = await store.audit.list(filterOf(administrator, filters), before, limit)
    return {
      body: {
        items: events.map(eventView),
        ...(next === undefined ? {} : { next: cursors.write(list, String(next)) }),
      },
    }
  }),
  handle(operations.followAuditEvents, async ({ administrator, query, closing }) => {
    const { limit = defaultPageSize, position = await store.audit.newest(), wait = 0, ...filters } = query
    const filter = filterOf(administrator, filters)
    const end = performance.now() + wait * 1000
    let after = position
    for (;;) {
      const found = await store.audit.follow(filter, after, limit)
      const moved = found.position > after
      after = found.position
      const late = performance.now() >= end || closing.aborted
      if (found.events.length > 0 || (!moved && late)) {
        return { body: { items: found.events.map(eventView), position: after } }
      }
      if (!moved) await delay(lookEvery, undefined, { signal: closing }).catch(() => {})
    }
  }),
  handle(operations.explainReference, async ({ administrator, parameters }) => {
    const { reference } = parameters
    const { events } = await store.audit.list({ reference }, Number.MAX_SAFE_INTEGER, 1)
    const [row] = events
    const event = row && eventView(row)
    const own = event?.actor === administrator.actor
    // What another tenant's reference hides is also that there is one.
    if (event === undefined || !(own || allows(administrator, 'read', tenantOf(row?.workspace ?? '')))) {
      throw notFound(`refusal with the reference ${reference}`)
    }
    return { body: explainEvent(reference, event) }
  }),
]
