import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Entity, Store } from '../store/store.ts'
import { readCredentialBody, readWorkspaceBody } from './bodies.ts'
import type { ChangeSets } from './change-set.ts'
import type { Body, Place } from './kinds/kind.ts'
import type { RotationBody } from './kinds/rotation.ts'
import { isForgotten, isReversible, isUnderWay, readRotation, rotationPlace } from './rotation.ts'
import { leftOf, nameCaller, type RetirementUse, readRetirement } from './rotation-use.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace, type Step } from './steps.ts'

/** Who did what nobody asked for at the moment. */
const actor = 'system'

const pageSize = 500
/** Pages of credentials that are looked at in one run and workspace: all of a million within four days. */
const pagesAtOnce = 4

/** The part of an overlap that is left when it is said that the old credentials are still in use. */
const announcedBefore = 0.25

/**
 * @param stopped whether the server is stopping, so that long work ends early
 * @returns how many rotations are under way whose old credentials are in use
 */
export type TendCredentials = (stopped: () => boolean) => Promise<number>

type Parts = {
  readonly store: Store
  readonly changeSets: ChangeSets
  readonly flushUses: () => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** What is due for a rotation: nothing, a word that its end is near, its end, or to be forgotten. */
const dueFor = (rotation: RotationBody, now: number): 'ending' | 'end' | 'forget' | undefined => {
  const { started, until, completed, announced } = rotation
  if (!isReversible(rotation, now)) return 'forget'
  if (completed !== undefined) return undefined
  if (!isUnderWay(rotation, now)) return 'end'
  return announced === undefined && now >= until - (until - started) * announcedBefore ? 'ending' : undefined
}

/**
 * Tends credentials by itself. Credentials retire at their end without it, at the very millisecond; here it is written down
 * that a rotation has ended and who was left, said before when somebody still uses what is about to retire, and what was
 * retired long ago is removed.
 *
 * A rotation that ends while callers still use the old credential is not put off: an end is an end, and whoever set it may
 * have had a reason. They are named by `rotation status`, by an audit event and a line of the log when a quarter of the
 * overlap is left, and again at the end; for seven days everything can be undone.
 */
export const createCredentialCare = ({ store, changeSets, flushUses, clock, log }: Parts): TendCredentials => {
  /** Where looking at the credentials of a workspace goes on. */
  const places = new Map<WorkspaceKey, { readonly parent: string; readonly id: string }>()

  /** Every rotation of a workspace that is kept: few, since each is for some days. */
  const rotationsOf = async (workspace: WorkspaceKey): Promise<Entity[]> => {
    const found: Entity[] = []
    let after = ''
    let page: readonly Entity[]
    do {
      page = await store.configuration.list(workspace, 'rotation', { after, limit: pageSize, search: '', parent: '' })
      found.push(...page)
      after = page.at(-1)?.id ?? ''
    } while (page.length === pageSize)
    return found
  }

  const eventOf = (
    type: 'rotation.ending' | 'rotation.completed',
    workspace: WorkspaceKey,
    client: string,
    { fresh, old, until }: RotationBody,
    use: RetirementUse,
  ): AuditEvent => ({
    type,
    workspace,
    actor,
    client,
    fresh,
    old: old.map(({ id }) => id),
    until: new Date(until).toISOString(),
    left: leftOf(use),
  })

  const tendRotation = async (workspace: WorkspaceKey, client: string): Promise<void> => {
    let events: readonly AuditEvent[] = []
    let left: { readonly ending: boolean; readonly callers: string } | undefined
    const steps = async (state: WorkingState) => {
      events = []
      left = undefined
      const place = rotationPlace(client)
      const { after } = await state.read(place)
      if (after === undefined) return []
      const rotation = readRotation(after)
      const due = dueFor(rotation, state.now)
      if (due === undefined) return []
      if (due === 'forget') return [{ action: 'delete', place } as const]
      const ids = rotation.old.map(({ id }) => id)
      const use = await readRetirement(store, workspace, client, ids, state.now)
      if (use === undefined || (due === 'ending' && use.safe)) return []
      const type = due === 'end' ? 'rotation.completed' : 'rotation.ending'
      events = [eventOf(type, workspace, client, rotation, use)]
      if (!use.safe) left = { ending: due === 'ending', callers: leftOf(use).map(nameCaller).join('; ') }
      const patch = due === 'end' ? { completed: rotation.until } : { announced: state.now }
      return [{ action: 'update', place, patch } as const]
    }
    await changeSets.commit({ workspace, steps, actor, note: 'rotation', also: () => events })
    if (left !== undefined) log.warn('old credentials still in use', { workspace, client, ...left })
  }

  /** The next credentials of a workspace that can be removed, among so many as cost little to look at. */
  const nextForgotten = async (
    workspace: WorkspaceKey,
    longestLife: number,
    now: number,
  ): Promise<readonly Place[]> => {
    const after = places.get(workspace) ?? { parent: '', id: '' }
    const found = await store.endings.listCredentials(workspace, after, pageSize)
    const last = found.at(-1)
    if (found.length === pageSize && last !== undefined) places.set(workspace, last.place)
    else places.delete(workspace)
    return found
      .filter(({ place, body }) => isForgotten(readCredentialBody(place.id, body), longestLife, now))
      .map(({ place }) => credentialPlace(place.parent, place.id))
  }

  const removeForgotten = async (workspace: WorkspaceKey): Promise<number> => {
    const settings = await store.configuration.readEntity(workspace, 'workspace', workspace)
    if (settings === undefined) return 0
    const longestLife = readWorkspaceBody(workspace, settings.body).maxTokenLifetime * 1000
    let removed = 0
    for (let page = 0; page < pagesAtOnce; page += 1) {
      const forgotten = await nextForgotten(workspace, longestLife, clock.now())
      // Looked at again in the change set: meanwhile one may have been brought back.
      const steps = async (state: WorkingState) => {
        const deletions: Step[] = []
        for (const place of forgotten) {
          const { after } = await state.read(place)
          if (after === undefined) continue
          if (!isForgotten(readCredentialBody(place.id, JSON.stringify(after)), longestLife, state.now)) continue
          deletions.push({ action: 'delete', place })
        }
        return deletions
      }
      if (forgotten.length > 0) await changeSets.commit({ workspace, steps, actor, note: 'retired credentials' })
      removed += forgotten.length
      if (!places.has(workspace)) break
      await nextTurn()
    }
    return removed
  }

  /** @returns how many rotations are under way whose old credentials are in use */
  const tend = async (workspace: WorkspaceKey): Promise<number> => {
    let inUse = 0
    for (const { parent, body } of await rotationsOf(workspace)) {
      const now = clock.now()
      const rotation = readRotation(JSON.parse(body) as Body)
      if (dueFor(rotation, now) !== undefined) await tendRotation(workspace, parent)
      if (!isUnderWay(rotation, now)) continue
      const ids = rotation.old.map(({ id }) => id)
      if ((await readRetirement(store, workspace, parent, ids, now))?.safe === false) inUse += 1
    }
    const removed = await removeForgotten(workspace)
    if (removed > 0) log.info('purged', { task: 'credential-care', workspace, purged: removed })
    return inUse
  }

  return async (stopped) => {
    await flushUses()
    const failures: unknown[] = []
    let inUse = 0
    for (const { key } of await store.configuration.listWorkspaces()) {
      if (stopped()) return inUse
      try {
        inUse += await tend(key)
      } catch (error) {
        // What stands against a change in one workspace keeps no other from its own.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return inUse
  }
}
