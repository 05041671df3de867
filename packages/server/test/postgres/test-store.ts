import { migrateStore } from '../../src/store/stores.ts'
import { sharedPostgres } from './postgres-server.ts'

let migrated: Promise<string> | undefined

/** A database with every table, to copy: migrating each anew would take most of a test's time. */
export const migratedDatabase = (): Promise<string> => {
  migrated ??= (async () => {
    const { name, url } = await (await sharedPostgres()).createDatabase()
    await migrateStore(url, '')
    return name
  })()
  return migrated
}

const urls = new Map<string, Promise<string>>()

const urlOf = (dataDirectory: string): Promise<string> => {
  const known = urls.get(dataDirectory)
  if (known !== undefined) return known
  const made = (async () => (await (await sharedPostgres()).createDatabase(await migratedDatabase())).url)()
  urls.set(dataDirectory, made)
  return made
}

/**
 * The store that tests of the whole server use: with `MINTMARK_TEST_STORE=postgres` a PostgreSQL database for each data
 * directory, else the embedded one in it, which is the default and needs no setting.
 * @returns settings by name, to be spread into others
 */
export const testStore = async (dataDirectory: string): Promise<{ readonly store?: string }> =>
  process.env.MINTMARK_TEST_STORE === 'postgres' ? { store: await urlOf(dataDirectory) } : {}

/** The same as environment names. */
export const testStoreEnvironment = async (dataDirectory: string): Promise<Readonly<Record<string, string>>> => {
  const { store } = await testStore(dataDirectory)
  return store === undefined ? {} : { MINTMARK_STORE: store }
}

/** For `{ skip }` of a test that is about the embedded database, where the others run on PostgreSQL. */
export const embeddedOnly: string | false =
  process.env.MINTMARK_TEST_STORE === 'postgres' && 'about the embedded database'
