import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type App, createApp } from './app.ts'
import type { Config } from './config/schema.ts'
import { createIssuers } from './domain/issuer.ts'
import { createDevCertificate, type DevCertificate } from './http/dev-certificate.ts'
import { createListener } from './http/listener.ts'
import { type TlsSource, tlsFromFiles } from './http/tls.ts'
import { createTlsRenewal } from './http/tls-renewal.ts'
import { acceptMasterKey, isSealed, masterKeyFromFile, parseMasterKey } from './keys/master-key.ts'
import type { KeyRotation } from './keys/rotate.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createLog, failure, type Log, type LogLevel } from './lib/log.ts'
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
  readonly keys: KeyRotation
  /** PEM file by which clients trust the development certificate; undefined where there is none. */
  readonly caFile: string | undefined
  /**
   * Reads the certificate files again now, as it does every minute.
   * @throws TlsError when they cannot be used; the listeners keep the certificate they have
   */
  readonly renewTls: () => Promise<void>
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

/** The master key of the configuration, else of the file in the data directory, which a first start makes. */
const readMasterKey = async (config: Config, directory: string, store: Store, random: Random): Promise<Uint8Array> =>
  config.masterKey === ''
    ? masterKeyFromFile(join(directory, 'master-key'), !(await isSealed(store.settings)), random)
    : parseMasterKey(config.masterKey, 'MINTMARK_MASTER_KEY')

const readPreviousMasterKey = (config: Config): Uint8Array | undefined =>
  config.previousMasterKey === '' ? undefined : parseMasterKey(config.previousMasterKey, 'MINTMARK_MASTER_KEY_PREVIOUS')

/** Where the certificate comes from; undefined without TLS. */
const tlsSource = (config: Config, directory: string, clock: Clock): TlsSource | DevCertificate | undefined => {
  if (config.tls === 'off') return undefined
  if (config.tls === 'dev') return createDevCertificate(directory, clock.now)
  return tlsFromFiles({ cert: config.tlsCertFile, key: config.tlsKeyFile }, clock.now)
}

/** Keeps the address in the first administrator's credential file true, for the CLI on this machine. */
const addressAdministrator = (
  file: string,
  address: { readonly adminUrl: string; readonly caFile: string | undefined },
): void => {
  if (!existsSync(file)) return
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  if (kept.adminUrl !== address.adminUrl || kept.caFile !== address.caFile)
    writePrivateFile(file, { ...kept, ...address })
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
  {
    clock = systemClock,
    random = createSystemRandom(),
    log = createLog({ level: config.logLevel as LogLevel }),
  }: { readonly clock?: Clock; readonly random?: Random; readonly log?: Log } = {},
): Promise<RunningServer> => {
  const dataDirectory = resolve(config.dataDirectory)
  const store = await openStore(config.store, dataDirectory)
  const opened: { close: () => Promise<void> }[] = [store]
  const closeAll = async (): Promise<void> => {
    for (const one of opened.reverse()) await one.close()
  }
  try {
    const masterKey = await readMasterKey(config, dataDirectory, store, random)
    await acceptMasterKey(store, { key: masterKey, previous: readPreviousMasterKey(config) }, random)
    await foundWorkspace(systemFounding, { store, clock, random }, (made) =>
      writePrivateFile(join(dataDirectory, administratorFile), {
        clientId: firstAdministrator,
        clientSecret: made[firstAdministrator],
      }),
    )

    const source = tlsSource(config, dataDirectory, clock)
    const tls = await source?.read()

    // A listener may take a free port, and the issuers name it: who connects before the application is made waits for it.
    const ready = Promise.withResolvers<App>()
    ready.promise.catch(() => {})
    const publicListener = createListener({
      host: config.publicHost,
      port: config.publicPort,
      tls,
      limits: limitsOf(config, config.bodyLimit),
      handle: async (request) => (await ready.promise).handlePublic(request),
    })
    const managementListener = createListener({
      host: config.adminHost,
      port: config.adminPort,
      tls,
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
      log,
      clientCapacity: config.clientCache,
      metadataMaxAge: config.metadataMaxAge,
      keysActive: config.keysActive,
      keysAnnounced: config.keysAnnounced,
    })
    opened.splice(1, 0, app)
    const caFile = source !== undefined && 'caFile' in source ? source.caFile : undefined
    addressAdministrator(join(dataDirectory, administratorFile), { adminUrl, caFile })
    const onFailure = (error: unknown): void => log.error('certificate not renewed', failure(error))
    const renewal =
      source &&
      tls &&
      createTlsRenewal({ source, material: tls, listeners: [publicListener, managementListener], onFailure })
    if (renewal !== undefined) opened.push(renewal)
    ready.resolve(app)
    if (config.insecureHttp) log.warn('unencrypted HTTP beyond loopback is allowed (insecureHttp)')
    log.info('started', { publicUrl, adminUrl, store: config.store.split(':')[0], node: process.version })
    const renewTls = async (): Promise<void> => {
      await renewal?.now()
    }
    const close = async (): Promise<void> => {
      await closeAll()
      log.info('stopped')
      log.flush()
    }
    return { publicUrl, adminUrl, dataDirectory, caFile, store, clock, random, keys: app.keys, renewTls, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}
