import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { acceptMasterKey, isSealed, masterKeyFromFile, parseMasterKey } from '../keys/master-key.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { Store } from '../store/store.ts'
import { resealWebhookSecrets } from '../webhooks/secrets.ts'

/**
 * The master key of the settings, else of the file in the data directory, which a first start makes. What is sealed under the
 * previous one is sealed anew.
 * @throws MasterKeyError when there is none, or it is not that of the store
 */
export const openMasterKey = async (
  config: Config,
  directory: string,
  { store, random, log }: { readonly store: Store; readonly random: Random; readonly log: Log },
): Promise<Uint8Array> => {
  const file = join(directory, 'master-key')
  const makes = config.masterKey === '' && !existsSync(file)
  const key =
    config.masterKey === ''
      ? masterKeyFromFile(file, !(await isSealed(store.settings)), random)
      : parseMasterKey(config.masterKey, 'MINTMARK_MASTER_KEY')
  if (makes && config.store.startsWith('postgres')) {
    log.warn(
      'a master key was made: every other node needs it, and without it the database is of no use. Keep a copy',
      {
        file,
      },
    )
  }
  const previous =
    config.previousMasterKey === ''
      ? undefined
      : parseMasterKey(config.previousMasterKey, 'MINTMARK_MASTER_KEY_PREVIOUS')
  await acceptMasterKey(store, { key, previous }, random, [
    (newKey, oldKey) => resealWebhookSecrets(store.webhooks, newKey, oldKey, random),
  ])
  return key
}
