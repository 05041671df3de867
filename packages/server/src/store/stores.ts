import { resolve } from 'node:path'
import { openSqlite } from './sqlite/open.ts'
import { type Store, StoreOpenError, type StoreOptions } from './store.ts'

type Opener = {
  readonly scheme: string
  readonly description: string
  readonly open: (url: string, dataDirectory: string, options: StoreOptions) => Promise<Store>
}

/** The databases we know, by the scheme of `MINTMARK_STORE`. */
export const stores: readonly Opener[] = [
  {
    scheme: 'sqlite:',
    description: 'embedded SQLite; a path relative to the data directory, or absolute',
    open: (url, dataDirectory, options) => openSqlite(resolve(dataDirectory, url.slice('sqlite:'.length)), options),
  },
]

/**
 * Opens the store a URL names.
 * @throws StoreOpenError when there is none of that scheme or it cannot be opened
 */
export const openStore = async (url: string, dataDirectory: string, options: StoreOptions = {}): Promise<Store> => {
  const opener = stores.find(({ scheme }) => url.startsWith(scheme))
  if (opener === undefined) {
    throw new StoreOpenError(
      `no store for ${url.split(':')[0]}: (known: ${stores.map(({ scheme }) => scheme).join(' ')})`,
    )
  }
  return opener.open(url, dataDirectory, options)
}
