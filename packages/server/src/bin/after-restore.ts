import { join, resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { storeOptions } from '../config/store-options.ts'
import { checkMasterKey, masterKeyFromFile, parseMasterKey } from '../keys/master-key.ts'
import { replaceKeys } from '../keys/replace-keys.ts'
import type { Clock } from '../lib/clock.ts'
import { createSystemRandom } from '../lib/random.ts'
import { createRevocations } from '../registry/revocations.ts'
import { writeForgottenUntil } from '../registry/used-once.ts'
import { skipLostNumbers } from '../store/copy/skip-lost-numbers.ts'
import { StoreOpenError } from '../store/store.ts'
import { openCopyEnd, openStore } from '../store/stores.ts'
import { createRevokeTokens } from '../tokens/revoke.ts'
import { UsageError } from './command.ts'
import { type RestoreReport, readRestoreReport } from './restore-report.ts'

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/**
 * Epoch seconds of `now` or of an RFC 3339 date and time that is not in the future.
 * @param name of the flag or argument
 * @throws UsageError
 */
export const readRejectionTime = (name: string, text: string, now: number): number => {
  const time = text === 'now' ? now : Date.parse(text)
  if (text !== 'now' && (!dateTime.test(text) || Number.isNaN(time))) {
    throw new UsageError(`${name} takes now or a time such as 2026-07-01T12:00:00Z, not ${text}`)
  }
  if (time > now) throw new UsageError(`${name} ${text} is in the future`)
  return Math.floor(time / 1000)
}

/**
 * The master key of the settings or the data directory, where keys are to be replaced.
 * @throws MasterKeyError when there is none
 */
export const requireMasterKey = (config: Config): Uint8Array =>
  config.masterKey === ''
    ? masterKeyFromFile(join(resolve(config.dataDirectory), 'master-key'), false, createSystemRandom())
    : parseMasterKey(config.masterKey, 'MINTMARK_MASTER_KEY')

/** What of the time before the restore is rejected. */
export type Rejection = {
  /** Epoch seconds: tokens issued until then. */
  readonly until: number
  /** Undefined: the keys stay. */
  readonly masterKey: Uint8Array | undefined
}

/**
 * Makes a store that is of an earlier time safe to serve, before any server does: what was used once and is forgotten is not
 * taken again, numbers of audit events are not given twice, and as asked for, what was issued is rejected.
 * @throws StoreOpenError when a server uses the store; MasterKeyError, StoreUnavailableError
 */
export const afterRestore = async (
  config: Config,
  rejection: Rejection | undefined,
  clock: Clock,
): Promise<{ readonly report: RestoreReport; readonly keysReplaced: number }> => {
  const directory = resolve(config.dataDirectory)
  const options = storeOptions(config)
  const end = await openCopyEnd(config.store, directory, 'target', options)
  try {
    if (!(await end.claim())) throw new StoreOpenError(`servers use ${end.place}: stop them first`)
    await skipLostNumbers(end, clock.now())
  } finally {
    await end.close()
  }
  const store = await openStore(config.store, directory, options)
  try {
    const report = await readRestoreReport(store)
    await writeForgottenUntil(store.settings, clock.now())
    if (rejection === undefined) return { report, keysReplaced: 0 }
    const revoke = createRevokeTokens({ revocations: createRevocations({ store: store.revocations, clock }), clock })
    const actor = 'system/restore'
    await Promise.all(report.workspaces.map(({ workspace }) => revoke.workspace(workspace, { actor }, rejection.until)))
    const { masterKey, until: _ } = rejection
    if (masterKey === undefined) return { report, keysReplaced: 0 }
    await checkMasterKey(store.settings.read, masterKey)
    const random = createSystemRandom()
    return { report, keysReplaced: await replaceKeys({ store: store.keys, masterKey, clock, random }, actor) }
  } finally {
    await store.close()
  }
}
