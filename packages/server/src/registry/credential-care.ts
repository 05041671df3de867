import type { AuditEvent } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Entity, EntityKind, Store } from '../store/store.ts'
import { readCredentialBody, readWorkspaceBody } from './bodies.ts'
import type { ChangeSets } from './change-set.ts'
import type { RotationBody } from './kinds/rotation.ts'
import { isForgotten, isReversible, isUnderWay, readRotation, rotationPlace } from './rotation.ts'
import { leftOf, nameCaller, type RetirementUse, readRetirement } from './rotation-use.ts'
import type { WorkingState } from './state.ts'
import { credentialPlace, type Step } from './steps.ts'

/** Who did what nobody asked for at the moment. */
const actor = 'system'

const pageSize = 500
/** Credentials one commit removes. */
const removedAtOnce = 100

/** The part of an overlap that is left when it is said that the old credentials are still in use. */
const announcedBefore = 0.25

/** @param stopped whether the server is stopping, so that long work ends early */
export type TendCredentials = (stopped: () => boolean) => Promise<void>

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
  const everything = async (workspace: WorkspaceKey, kind: EntityKind, search: string): Promise<Entity[]> => {
    const found: Entity[] = []
    let after = ''
    let page: readonly Entity[]
    do {
      page = await store.configuration.list(workspace, kind, { after, limit: pageSize, search, parent: '' })
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
    until,
    left: leftOf(use),
  })

  const tendRotation = async (workspace: WorkspaceKey, client: string): Promise<void> => {
    let events: readonly AuditEvent[] = []
    const steps = async (state: WorkingState) => {
      events = []
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
      if (!use.safe) {
        const callers = leftOf(use).map(nameCaller).join('; ')
        log.warn('old credentials still in use', { workspace, client, ending: due === 'ending', callers })
      }
      const patch = due === 'end' ? { completed: rotation.until } : { announced: state.now }
      return [{ action: 'update', place, patch } as const]
    }
    await changeSets.commit({ workspace, steps, actor, note: 'rotation', also: () => events })
  }

  const removeForgotten = async (workspace: WorkspaceKey): Promise<number> => {
    const settings = await store.configuration.readEntity(workspace, 'workspace', workspace)
    if (settings === undefined) return 0
    const longestLife = readWorkspaceBody(workspace, settings.body).maxTokenLifetime * 1000
    const now = clock.now()
    const retired = new Map<string, Entity>()
    for (const mark of ['"retired":', '"drainsUntil":']) {
      for (const entity of await everything(workspace, 'credential', mark)) {
        if (isForgotten(readCredentialBody(entity.id, entity.body), longestLife, now)) retired.set(entity.id, entity)
      }
    }
    const all = [...retired.values()]
    for (let start = 0; start < all.length; start += removedAtOnce) {
      const part = all.slice(start, start + removedAtOnce)
      // Looked at again in the change set: meanwhile one may have been brought back.
      const steps = async (state: WorkingState) => {
        const deletions: Step[] = []
        for (const { id, parent } of part) {
          const place = credentialPlace(parent, id)
          const { after } = await state.read(place)
          if (after === undefined) continue
          if (!isForgotten(readCredentialBody(id, JSON.stringify(after)), longestLife, state.now)) continue
          deletions.push({ action: 'delete', place })
        }
        return deletions
      }
      await changeSets.commit({ workspace, steps, actor, note: 'retired credentials' })
    }
    return all.length
  }

  const tend = async (workspace: WorkspaceKey): Promise<void> => {
    const now = clock.now()
    for (const { parent, body } of await everything(workspace, 'rotation', '')) {
      if (dueFor(JSON.parse(body) as RotationBody, now) !== undefined) await tendRotation(workspace, parent)
    }
    const removed = await removeForgotten(workspace)
    if (removed > 0) log.info('purged', { task: 'credential-care', workspace, purged: removed })
  }

  return async (stopped) => {
    await flushUses()
    const failures: unknown[] = []
    for (const { key } of await store.configuration.listWorkspaces()) {
      if (stopped()) return
      // What stands against a change in one workspace keeps no other from its own.
      await tend(key).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
