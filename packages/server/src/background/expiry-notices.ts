import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent } from '../audit/events.ts'
import { auditRow } from '../audit/record.ts'
import type { Workspace, WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Statistics } from '../operations/statistics.ts'
import { ageAhead, ageAnnounced, nextNotice, notAnnounced, noticeDue } from '../policy/expiry-notices.ts'
import { readWorkspaceBody } from '../registry/bodies.ts'
import { endingsOf, maximumLifetimeOf, subjectOf } from '../registry/endings.ts'
import type { Body } from '../registry/kinds/kind.ts'
import { workspacePlace } from '../registry/steps.ts'
import type { EndingRow, Store } from '../store/store.ts'
import type { BackgroundTask } from './scheduler.ts'

/** How often ends are looked at, in milliseconds: that late may an announcement be. */
const interval = 60_000
/** Ends announced in one transaction. */
const batch = 200
/** Credentials whose age is looked at in one run and workspace: all of a million within a day and a half. */
const aged = 500

const day = 86_400_000

/** What the metric counts ends within. */
const counted: Readonly<Record<string, number>> = { '1d': day, '7d': 7 * day, '30d': 30 * day }

type Notice = Parameters<Store['endings']['announce']>[0][number]

const noticeOf = (ending: EndingRow, { expiryNotices }: Workspace, now: number): Notice | undefined => {
  const { workspace, ends } = ending
  const isAge = ending.announced === ageAhead
  const within = isAge ? ageAnnounced : noticeDue(ends, ending.announced, expiryNotices, now)
  if (within === undefined) return undefined
  const event: AuditEvent = {
    type: isAge ? 'credential.overdue' : within === 0 ? 'credential.expired' : 'credential.expiring',
    workspace,
    ...subjectOf(ending),
    ends: new Date(ends).toISOString(),
    ...(within > 0 ? { within } : {}),
  }
  return { ending, announced: within, event: auditRow(event, now) }
}

/**
 * The task that announces ends before they come, each once at each distance: what was announced is kept in the row of the end
 * and changes in the transaction that writes the event. An end is found by an index, so that the task costs what is near, not
 * what there is. It is held back like what forgets: what a wrong clock announced could not be taken back.
 */
export const expiryNoticesTask = ({
  store,
  clock,
  statistics,
}: {
  readonly store: Pick<Store, 'configuration' | 'endings'>
  readonly clock: Clock
  readonly statistics: Pick<Statistics, 'countNotice' | 'setExpiring'>
}): BackgroundTask => {
  const { configuration, endings } = store
  let anchorsKnown = false
  /** Where looking at the ages of a workspace's credentials goes on. */
  const places = new Map<WorkspaceKey, { readonly parent: string; readonly id: string }>()

  /** Anchors taken by a version that did not know when they end. */
  const learnAnchors = async (all: readonly Workspace[]): Promise<void> => {
    for (const workspace of all.filter(({ trustAnchors }) => trustAnchors.length > 0)) {
      const place = workspacePlace(workspace.key)
      const found = endingsOf('workspace', {}, workspace, 0)
      await endings.put(workspace.key, [{ place, endings: found.map((one) => ({ ...one, announced: notAnnounced })) }])
    }
  }

  const announce = async (workspace: Workspace, announced: number, now: number, stopped: () => boolean) => {
    const distance = announced === ageAhead ? 0 : nextNotice(announced, workspace.expiryNotices)
    if (distance === undefined) return
    for (;;) {
      const found = await endings.due(workspace.key, announced, now + distance * 1000, batch)
      const notices = found.flatMap((ending) => noticeOf(ending, workspace, now) ?? [])
      if (notices.length === 0) return
      const done = await endings.announce(notices)
      for (const [index, { event }] of notices.entries()) if (done[index] === true) statistics.countNotice(event.type)
      if (found.length < batch || stopped()) return
      await nextTurn()
    }
  }

  /** Finds credentials that were there before their workspace wanted them to have an end. */
  const lookAtAges = async (workspace: Workspace, now: number): Promise<void> => {
    const after = places.get(workspace.key) ?? { parent: '', id: '' }
    const found = await endings.listCredentials(workspace.key, after, aged)
    const last = found.at(-1)
    if (found.length === aged && last !== undefined) places.set(workspace.key, last.place)
    else places.delete(workspace.key)
    const old = found.flatMap(({ place, body }) => {
      const parsed = JSON.parse(body) as Body
      if (maximumLifetimeOf(parsed.type, workspace) === undefined) return []
      const ends = endingsOf('credential', parsed, workspace, now)
      return ends.some(({ announced }) => announced === ageAhead) ? [{ place, endings: ends }] : []
    })
    if (old.length > 0) await endings.put(workspace.key, old)
  }

  const keepAges = async (workspace: Workspace, now: number): Promise<void> => {
    const { key, maximumSecretLifetime, maximumKeyLifetime } = workspace
    if (maximumSecretLifetime !== undefined || maximumKeyLifetime !== undefined) return lookAtAges(workspace, now)
    if ((await endings.announced(key)).some((announced) => announced < 0)) {
      await endings.forget(key, [ageAhead, ageAnnounced])
    }
  }

  return {
    name: 'expiry-notices',
    interval,
    atStart: true,
    forgets: true,
    run: async (stopped) => {
      const now = clock.now()
      const entities = await configuration.listWorkspaceEntities()
      const all = entities.map(({ workspace, body }) => readWorkspaceBody(workspace, body))
      if (!anchorsKnown) await learnAnchors(all)
      anchorsKnown = true
      const counts = new Map(Object.keys(counted).map((within) => [within, 0]))
      for (const workspace of all) {
        if (stopped()) return
        await keepAges(workspace, now)
        for (const announced of await endings.announced(workspace.key)) {
          await announce(workspace, announced, now, stopped)
        }
        for (const [within, time] of Object.entries(counted)) {
          counts.set(within, (counts.get(within) ?? 0) + (await endings.count(workspace.key, now, now + time)))
        }
        await nextTurn()
      }
      for (const [within, credentials] of counts) statistics.setExpiring(within, credentials)
    },
  }
}
