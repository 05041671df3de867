import { createHash } from 'node:crypto'
import { type SettingStore, StoreOpenError } from '../store.ts'
import type { CopyEnd } from './copy-end.ts'

/** In the target of a copy: of which content, and whether all of it is there. */
export type CopyMark = { readonly of: string; readonly state: 'copying' | 'whole' }

/** In a source: where its content lives from now on. */
export type MovedMark = { readonly of: string; readonly to: string; readonly time: string }

const copyName = 'store-copy'
const movedName = 'store-moved'

const read = async <T>(settings: Pick<CopyEnd, 'readSetting'>, name: string): Promise<T | undefined> => {
  const text = await settings.readSetting(name)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

export const readCopyMark = (end: Pick<CopyEnd, 'readSetting'>): Promise<CopyMark | undefined> => read(end, copyName)
export const readMovedMark = (end: Pick<CopyEnd, 'readSetting'>): Promise<MovedMark | undefined> => read(end, movedName)

export const writeCopyMark = (end: CopyEnd, mark: CopyMark): Promise<void> =>
  end.writeSetting(copyName, JSON.stringify(mark))

export const writeMovedMark = (end: CopyEnd, mark: MovedMark | undefined): Promise<void> =>
  end.writeSetting(movedName, mark && JSON.stringify(mark))

/**
 * Refuses a database that must not be served: half of it is there, or it was moved and goes on elsewhere.
 * @throws StoreOpenError
 */
export const assertWhole = async (settings: SettingStore, place: string): Promise<void> => {
  const end = { readSetting: settings.read }
  if ((await readCopyMark(end))?.state === 'copying') {
    throw new StoreOpenError(`${place} is a copy that is not whole yet: run the command again that made it`)
  }
  const moved = await readMovedMark(end)
  if (moved === undefined) return
  throw new StoreOpenError(
    `${place} was moved to ${moved.to} (${moved.time}): use that, or take this one back with mintmark migrate-store --reopen`,
  )
}

/**
 * Tells one store from every other: by the first revision it ever had, which never changes.
 * @returns undefined for an empty one
 */
export const identityOf = async (end: CopyEnd): Promise<string | undefined> => {
  const table = (await end.tables()).find(({ name }) => name === 'revision')
  if (table === undefined) return undefined
  const [first] = await end.page(table, undefined, undefined, 1)
  return first && createHash('sha256').update(JSON.stringify(first)).digest('base64url')
}
