import { auditRow } from '../audit/record.ts'
import { keyState } from '../domain/signing-key.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { type KeyStore, StoreUnavailableError } from '../store/store.ts'
import { makeKey } from './key-material.ts'
import { newestKid } from './schedule.ts'

/**
 * Gives up every key there is, in all workspaces, and puts a new one in its place at once: for a store that was restored and
 * may have keys again that were reported as compromised since.
 * @returns how many keys were made
 */
export const replaceKeys = async (
  {
    store,
    masterKey,
    clock,
    random,
  }: { readonly store: KeyStore; readonly masterKey: Uint8Array; readonly clock: Clock; readonly random: Random },
  actor: string,
): Promise<number> => {
  let made = 0
  const groups = Map.groupBy(await store.listAllKeys(), ({ workspace, algorithm }) => `${workspace} ${algorithm}`)
  for (const records of groups.values()) {
    const now = clock.now()
    const live = records.filter((record) => keyState(record, now) !== 'gone')
    const [first] = live
    if (first === undefined) continue
    const { workspace, algorithm } = first
    const key = await makeKey(workspace, algorithm, { created: now, activeFrom: now }, masterKey, random)
    const outcome = await store.changeKeys(
      {
        workspace,
        algorithm,
        expectedNewest: newestKid(records),
        insert: [key],
        update: live.map((record) => ({ ...record, compromisedAt: now })),
      },
      [
        ...live.map(({ kid }) => auditRow({ type: 'key.compromised', workspace, actor, kid, algorithm }, now)),
        auditRow({ type: 'key.created', workspace, actor, kid: key.kid, algorithm }, now),
      ],
    )
    if (outcome === 'moved') throw new StoreUnavailableError(`the ${algorithm} keys of ${workspace} change meanwhile`)
    made += 1
  }
  return made
}
