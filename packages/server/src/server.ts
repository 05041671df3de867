import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type App, createApp } from './app.ts'
import type { Config } from './config/schema.ts'
import { createIssuers } from './domain/issuer.ts'
import { createListener } from './http/listener.ts'
import { checkMasterKey, masterKeyFromFile, parseMasterKey } from './keys/master-key.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { writePrivateFile } from './lib/private-file.ts'
import { createSystemRandom, type Random } from './lib/random.ts'
import { firstAdministrator, foundWorkspace, systemFounding } from './registry/bootstrap.ts'
import type { Store } from './store/store.ts'
import { openStore } from './store/stores.ts'

/** A server that listens. */
export type RunningServer = {
  readonly publicUrl: string
  readonly adminUrl: string
  readonly dataDirectory: string
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** Stops accepting, answers what was accepted, closes the store. */
  readonly close: () => Promise<void>
}

/** Name of the file, in the data directory, that holds the first administrator's credential. */
export const administratorFile = 'administrator.json'

const limitsOf = (config: Config, body: number) => ({
  body,
  headers: config.headerLimit,
  connections: config.connectionLimit,
  headersTimeout: config.headersTimeout,
  requestTimeout: config.requestTimeout,
  keepAliveTimeout: config.keepAliveTimeout,
})

const readMasterKey = (config: Config, directory: string, random: Random): Uint8Array => {
  if (config.masterKey !== '') return parseMasterKey(config.masterKey, 'MINTMARK_MASTER_KEY')
  const file = join(directory, 'master-key')
  const firstStart = !existsSync(join(directory, administratorFile))
  return masterKeyFromFile(file, firstStart, random)
}

/** The URL of a listener that was given none: the name of this machine's loopback and the port it got. */
const defaultUrl = (config: Config, port: number): string =>
  `${config.tls === 'off' ? 'http' : 'https'}://localhost:${port}`

/**
 * Starts both listeners over one store.
 * @throws StoreOpenError, MasterKeyError, or the listener's error (port in use), with nothing left open
 */
export const startServer = async (
  config: Config,
  { clock = systemClock, random = createSystemRandom() }: { readonly clock?: Clock; readonly random?: Random } = {},
): Promise<RunningServer> => {
  const dataDirectory = resolve(config.dataDirectory)
  const store = await openStore(config.store, dataDirectory)
  const opened: { close: () => Promise<void> }[] = [store]
  const closeAll = async (): Promise<void> => {
    for (const one of opened.reverse()) await one.close()
  }
  try {
    const masterKey = readMasterKey(config, dataDirectory, random)
    await checkMasterKey(store.settings, masterKey)
    const secrets = await foundWorkspace(systemFounding, { store, clock, random })

    // A listener may take a free port, and the issuers name it: who connects before the application is made waits for it.
    const ready = Promise.withResolvers<App>()
    ready.promise.catch(() => {})
    const publicListener = createListener({
      host: config.publicHost,
      port: config.publicPort,
      tls: undefined,
      limits: limitsOf(config, config.bodyLimit),
      handle: async (request) => (await ready.promise).handlePublic(request),
    })
    const managementListener = createListener({
      host: config.adminHost,
      port: config.adminPort,
      tls: undefined,
      limits: limitsOf(config, config.adminBodyLimit),
      handle: async (request) => (await ready.promise).handleManagement(request),
    })
    const publicPort = await publicListener.listen()
    opened.push(publicListener)
    const adminPort = await managementListener.listen()
    opened.push(managementListener)

    const publicUrl = config.url || defaultUrl(config, publicPort)
    const adminUrl = config.adminUrl || defaultUrl(config, adminPort)
    const app = createApp({
      store,
      masterKey,
      issuers: createIssuers(publicUrl, adminUrl),
      clock,
      random,
      clientCapacity: config.clientCache,
      metadataMaxAge: config.metadataMaxAge,
    })
    opened.splice(1, 0, app)
    const clientSecret = secrets?.[firstAdministrator]
    if (clientSecret !== undefined) {
      writePrivateFile(join(dataDirectory, administratorFile), { adminUrl, clientId: firstAdministrator, clientSecret })
    }
    ready.resolve(app)
    return { publicUrl, adminUrl, dataDirectory, store, clock, random, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}
