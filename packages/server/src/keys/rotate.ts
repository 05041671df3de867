import { auditRow } from '../audit/record.ts'
import type { KeyRecord } from '../domain/signing-key.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { type AuditRow, type KeyStore, StoreUnavailableError } from '../store/store.ts'
import { makeKey } from './key-material.ts'
import type { Keyring } from './keyring.ts'
import {
  type KeyPlan,
  type KeyTerms,
  newestKid,
  planCompromise,
  planRotation,
  planSchedule,
  removable,
} from './schedule.ts'

/** What a workspace asks of its keys. */
export type KeyNeeds = {
  /** Seconds its longest token can live. */
  readonly longestLifetime: number
  /** What its APIs sign or seal with now. */
  readonly algorithms: ReadonlySet<KeyRecord['algorithm']>
}

/** The life of keys: by the schedule, by command, and in an emergency. Every change is durable with its audit events. */
export type KeyRotation = {
  /**
   * Does what time has made due in every workspace: announces successors, removes what is gone. Run as often as one likes,
   * by any number of nodes. One workspace's failure does not stop the others.
   * @throws the first failure, when all were tried
   */
  readonly runSchedule: () => Promise<void>
  /**
   * Begins a planned rotation: a successor is announced, and signs when every verifier can know it. Where one is announced
   * already nothing changes. An algorithm that has no key yet gets one announced, ahead of its first use.
   * @returns the successor
   */
  readonly rotate: (workspace: WorkspaceKey, algorithm: KeyRecord['algorithm'], actor: string) => Promise<KeyRecord>
  /**
   * Gives a key up: it leaves the key set at once, what it signed or sealed is dead, and another key is in use at once.
   * Done again, it makes sure of all that again.
   * @returns the key as it is now, or undefined when the workspace has no such key
   */
  readonly compromise: (workspace: WorkspaceKey, kid: string, actor: string) => Promise<KeyRecord | undefined>
}

/** Seconds by which clocks of nodes and verifiers may differ, and a cache outlive its time. */
const skew = 60

const attempts = 5

export const createKeyRotation = ({
  store,
  keyring,
  masterKey,
  needsOf,
  revokeKey,
  terms,
  clock,
  random,
}: {
  readonly store: KeyStore
  readonly keyring: Keyring
  readonly masterKey: Uint8Array
  /** Undefined for a workspace there is no longer. */
  readonly needsOf: (workspace: WorkspaceKey) => Promise<KeyNeeds | undefined>
  /** Kills every token a key made, durably. */
  readonly revokeKey: (workspace: WorkspaceKey, kid: string, actor: string) => Promise<void>
  readonly terms: {
    /** Days a key signs. */
    readonly active: number
    /** Seconds a key is announced at the least. */
    readonly announced: number
    /** Seconds verifiers may keep the key set; a key is announced for longer. */
    readonly metadataMaxAge: number
  }
  readonly clock: Clock
  readonly random: Random
}): KeyRotation => {
  const termsFor = (needs: KeyNeeds | undefined): KeyTerms => ({
    activeFor: terms.active * 86_400_000,
    announcedFor: Math.max(terms.announced, terms.metadataMaxAge + skew) * 1000,
    retiredFor: ((needs?.longestLifetime ?? 0) + skew) * 1000,
  })

  /** Carries a plan out, or finds that another did first and plans again. */
  const carryOut = async (
    workspace: WorkspaceKey,
    algorithm: KeyRecord['algorithm'],
    plan: (records: readonly KeyRecord[], now: number) => KeyPlan,
    eventsOf: (made: KeyRecord | undefined, plan: KeyPlan, now: number) => readonly AuditRow[],
  ): Promise<readonly KeyRecord[]> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const records = (await store.listKeys(workspace)).filter((record) => record.algorithm === algorithm)
      const now = clock.now()
      const planned = plan(records, now)
      if (planned.announce === undefined && planned.update.length === 0) return records
      const made =
        planned.announce &&
        (await makeKey(workspace, algorithm, { created: now, ...planned.announce }, masterKey, random))
      const insert = made === undefined ? [] : [made]
      const update = planned.update.map(({ kid, activeFrom, retiredFrom, goneFrom, compromisedAt }) => ({
        kid,
        activeFrom,
        retiredFrom,
        goneFrom,
        compromisedAt,
      }))
      const outcome = await store.changeKeys(
        { workspace, algorithm, expectedNewest: newestKid(records), insert, update },
        eventsOf(made, planned, now),
      )
      keyring.reload(workspace)
      if (outcome === 'changed') {
        const after = records.map((record) => ({ ...record, ...update.find(({ kid }) => kid === record.kid) }))
        return [...after, ...insert]
      }
    }
    throw new StoreUnavailableError(`the ${algorithm} keys of ${workspace} change too often`)
  }

  /** A key made, and the key it takes over from. */
  const rotationEvents =
    (workspace: WorkspaceKey, algorithm: KeyRecord['algorithm'], actor: string) =>
    (made: KeyRecord | undefined, plan: KeyPlan, now: number): readonly AuditRow[] => [
      ...(made === undefined
        ? []
        : [auditRow({ type: 'key.created', workspace, actor, kid: made.kid, algorithm }, now)]),
      ...plan.update
        .filter(({ compromisedAt }) => compromisedAt === undefined)
        .map(({ kid }) => auditRow({ type: 'key.rotated', workspace, actor, kid, algorithm }, now)),
    ]

  const removeGone = async (records: readonly KeyRecord[], now: number): Promise<void> => {
    const gone = removable(records, now)
    if (gone.length === 0) return
    const events = gone.map(({ workspace, kid, algorithm }) =>
      auditRow({ type: 'key.removed', workspace, actor: 'system', kid, algorithm }, now),
    )
    await store.deleteKeys(
      gone.map(({ kid }) => kid),
      events,
    )
    for (const { workspace } of gone) keyring.reload(workspace)
  }

  const runFor = async (records: readonly KeyRecord[]): Promise<void> => {
    const [first] = records
    if (first === undefined) return
    const { workspace, algorithm } = first
    const needs = await needsOf(workspace)
    const plan = (found: readonly KeyRecord[], now: number): KeyPlan =>
      planSchedule(found, termsFor(needs), now, needs?.algorithms.has(algorithm) ?? false)
    const { announce, update } = plan(records, clock.now())
    if (announce !== undefined || update.length > 0) {
      await carryOut(workspace, algorithm, plan, rotationEvents(workspace, algorithm, 'system'))
    }
    await removeGone(records, clock.now())
  }

  return {
    runSchedule: async () => {
      const groups = Map.groupBy(await store.listAllKeys(), ({ workspace, algorithm }) => `${workspace} ${algorithm}`)
      const failures: unknown[] = []
      for (const records of groups.values()) {
        try {
          await runFor(records)
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },

    rotate: async (workspace, algorithm, actor) => {
      const keyTerms = termsFor(await needsOf(workspace))
      const records = await carryOut(
        workspace,
        algorithm,
        (found, now) => planRotation(found, keyTerms, now),
        rotationEvents(workspace, algorithm, actor),
      )
      const successor = records.toSorted((a, b) => a.activeFrom - b.activeFrom).at(-1)
      if (successor === undefined) throw new Error('a rotation left no key')
      return successor
    },

    compromise: async (workspace, kid, actor) => {
      const known = (await store.listKeys(workspace)).find((record) => record.kid === kid)
      if (known === undefined) return undefined
      const { algorithm } = known
      const keyTerms = termsFor(await needsOf(workspace))
      const eventsOfRotation = rotationEvents(workspace, algorithm, actor)
      const records = await carryOut(
        workspace,
        algorithm,
        (found, now) => planCompromise(found, kid, keyTerms, now),
        (made, plan, now) => [
          auditRow({ type: 'key.compromised', workspace, actor, kid, algorithm }, now),
          ...eventsOfRotation(made, plan, now),
        ],
      )
      await revokeKey(workspace, kid, actor)
      return records.find((record) => record.kid === kid)
    },
  }
}
