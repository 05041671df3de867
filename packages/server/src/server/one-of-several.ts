import { join } from 'node:path'
import type { Log } from '../lib/log.ts'
import { lockFile } from '../store/sqlite/lock.ts'
import type { SettingStore } from '../store/store.ts'

/**
 * Keeps the data directory of a node for itself: two that share one would each write their address to it, and only one could
 * keep audit events there. An embedded database does that for its own.
 * @throws StoreHeldError
 */
export const holdDirectory = (dataDirectory: string): { readonly close: () => void } => {
  const lock = lockFile(join(dataDirectory, 'node'))
  return { close: lock.release }
}

const settingName = 'url'

/** Issuers begin with the URL, so that nodes over one store must have the same. Says so when it is another than the last. */
export const compareUrl = async (settings: SettingStore, url: string, log: Log): Promise<void> => {
  const before = await settings.read(settingName)
  if (before === url) return
  await settings.write(settingName, url)
  if (before === undefined) return
  log.warn('the url is another than that of the node that started before: tokens issued under it are refused here', {
    url,
    before,
  })
}
