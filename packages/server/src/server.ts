import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delayed } from 'node:timers/promises'
import { type App, createApp } from './app.ts'
import { openAuditSpool } from './audit/open-spool.ts'
import { createReporter } from './audit/refusal.ts'
import { type Background, createBackground } from './background/scheduler.ts'
import { leakScanners, outboundRanges, proxyRanges, webhookHosts } from './config/safety.ts'
import type { Config } from './config/schema.ts'
import { storeOptions } from './config/store-options.ts'
import { createIssuers } from './domain/issuer.ts'
import { createDevCertificate, type DevCertificate } from './http/dev-certificate.ts'
import { type CertificateSource, createListener } from './http/listener.ts'
import { createLoadShedding } from './http/load-shedding.ts'
import { logged, observed } from './http/observed.ts'
import { createRevocationFile } from './http/revocation-file.ts'
import { firstOf, type HandleRequest } from './http/router.ts'
import { type TlsSource, tlsFromFiles } from './http/tls.ts'
import { createTlsRenewal } from './http/tls-renewal.ts'
import { acceptMasterKey, isSealed, masterKeyFromFile, parseMasterKey } from './keys/master-key.ts'
import type { KeyRotation } from './keys/rotate.ts'
import { readScannerKeys, type Scanner } from './leaks/scanner-keys.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createClockWatch } from './lib/clock-watch.ts'
import { createLog, failure, type Log, type LogLevel } from './lib/log.ts'
import { createParking } from './lib/parking.ts'
import { makePrivateDirectory, writePrivateFile } from './lib/private-file.ts'
import { createSystemRandom, type Random } from './lib/random.ts'
import { createMetrics } from './operations/metrics.ts'
import { createOperations } from './operations/operations.ts'
import { createReadiness } from './operations/readiness.ts'
import { createStatistics } from './operations/statistics.ts'
import { firstAdministrator, foundWorkspace, systemFounding } from './registry/bootstrap.ts'
import { readForgottenUntil } from './registry/used-once.ts'
import { type Store, StoreUnavailableError } from './store/store.ts'
import { openStore } from './store/stores.ts'
import { resealWebhookSecrets } from './webhooks/secrets.ts'

/** A server that listens. */
export type RunningServer = {
  readonly publicUrl: string
  readonly adminUrl: string
  /** Where clients that prove themselves by a certificate come to; undefined where they come to the public URL, or nowhere. */
  readonly mtlsUrl: string | undefined
  readonly dataDirectory: string
  /** Answers as the public listener does, for who is in the same process. */
  readonly answerPublic: HandleRequest
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly keys: KeyRotation
  /** What the server does by itself. */
  readonly background: Pick<Background, 'runNow'>
  /** Brings every webhook up to date now. */
  readonly deliverWebhooks: () => Promise<void>
  /** PEM file by which clients trust the development certificate; undefined where there is none. */
  readonly caFile: string | undefined
  /**
   * Reads the certificate files and the revocation lists again now, as it does every minute.
   * @throws TlsError when they cannot be used; the listeners keep the certificate they have
   */
  readonly renewTls: () => Promise<void>
  /**
   * Drains and stops: readiness turns to 503 at once; after `delay` nothing more is accepted, what was accepted is
   * answered, and the store is checkpointed and closed.
   * @returns how many connections were cut because they had not finished within `timeout`
   */
  readonly close: (options?: {
    /** Milliseconds in which requests are still accepted; by default none. */
    readonly delay?: number
    /** Milliseconds that accepted requests have to finish; by default the setting `limits.drainTimeout`. */
    readonly timeout?: number
  }) => Promise<{ readonly cut: number }>
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

/** The public keys of a scanner: where they are, or what is in a file. @throws Error when the file has none */
const scannerKeys = (keys: string): Scanner['keys'] => {
  if (keys.startsWith('https://')) return { url: keys }
  try {
    const pinned: unknown = JSON.parse(readFileSync(keys, 'utf8'))
    readScannerKeys(pinned)
    return { pinned }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`leakReports.scanners: ${keys} cannot be used: ${reason}`, { cause })
  }
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

/** Makes the system workspace where there is none, and keeps the first administrator's credential in a file before that. */
const foundAdministration = async (
  file: string,
  parts: { readonly store: Store; readonly clock: Clock; readonly random: Random },
): Promise<void> => {
  let kept = false
  const founded = await foundWorkspace(systemFounding, parts, (made) => {
    writePrivateFile(file, { clientId: firstAdministrator, clientSecret: made[firstAdministrator] })
    kept = true
  })
  // Another node was first: the credential is with it, and ours opens nothing.
  if (founded === undefined && kept) rmSync(file)
}

/** The URL of a listener that was given none: the name of this machine's loopback and the port it got. */
const defaultUrl = (config: Config, port: number): string =>
  `${config.tls === 'off' ? 'http' : 'https'}://localhost:${port}`

/** The version of this package. */
const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

/** What a server takes from outside; each has a default. */
export type ServerDependencies = {
  readonly clock?: Clock
  /** Milliseconds that never jump; by default `performance.now`. */
  readonly elapsed?: () => number
  readonly random?: Random
  /** By default JSON lines on standard error, at the level of the settings. */
  readonly log?: Log
}

/**
 * Starts both listeners over one store.
 * @throws StoreOpenError, MasterKeyError, TlsError, or the listener's error (port in use), with nothing left open
 */
export const startServer = async (
  config: Config,
  {
    clock = systemClock,
    elapsed = () => performance.now(),
    random = createSystemRandom(),
    log = createLog({ level: config.logLevel as LogLevel }),
  }: ServerDependencies = {},
): Promise<RunningServer> => {
  const dataDirectory = resolve(config.dataDirectory)
  const onDamage = (reason: string): void => log.error('the database is damaged', { reason })
  const onNews = (trouble: string | undefined): void => {
    if (trouble === undefined) log.info('news of other nodes come again')
    else log.warn('news of other nodes do not come: nothing that was read is believed', { reason: trouble })
  }
  const store = await openStore(config.store, dataDirectory, { onDamage, onNews, ...storeOptions(config) })
  const opened: { close: () => Promise<unknown> }[] = [store]
  const closeAll = async (): Promise<void> => {
    for (let last = opened.pop(); last !== undefined; last = opened.pop()) await last.close()
  }
  try {
    // An embedded database has made it already.
    makePrivateDirectory(dataDirectory)
    const spool = await openAuditSpool(join(dataDirectory, 'audit-spool'), {
      store,
      room: config.auditSpoolLimit * 1024 * 1024,
      limit: config.auditOutageLimit * 1000,
      now: clock.now,
      elapsed,
      log,
    })
    opened.push(spool)
    const masterKey = await readMasterKey(config, dataDirectory, store, random)
    await acceptMasterKey(store, { key: masterKey, previous: readPreviousMasterKey(config) }, random, [
      (key, previous) => resealWebhookSecrets(store.webhooks, key, previous, random),
    ])
    await foundAdministration(join(dataDirectory, administratorFile), { store, clock, random })

    const forgottenUntil = await readForgottenUntil(store.settings)
    const source = tlsSource(config, dataDirectory, clock)
    const tls = await source?.read()
    const strictTransport = config.tls === 'files' || config.url.startsWith('https:')

    // A listener may take a free port, and the issuers name it: who connects before the application is made waits for it.
    let app: App | undefined
    const ready = Promise.withResolvers<App>()
    ready.promise.catch(() => {})

    const statistics = createStatistics()
    const parking = createParking()
    const loadShedding = createLoadShedding({
      parked: parking.count,
      limits: { concurrent: config.concurrentLimit, waiting: config.waitingLimit, patience: config.waitTime },
      elapsed,
      log,
    })
    const version = packageVersion()
    const metrics = createMetrics({
      statistics,
      load: store.audit.load,
      cacheSizes: () => app?.cacheSizes() ?? {},
      loadShedding,
      contact: store.contact,
      spool: spool.load,
      version,
    })
    opened.push({ close: async () => metrics.close() })
    // While some workspace is served, a load balancer must not leave its clients without.
    const unlessGoingOn = (check: () => Promise<unknown>) => async (): Promise<unknown> =>
      check().catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError) || app?.goesOn() !== true) throw error
      })
    const readiness = createReadiness({
      checks: [
        { name: 'store', run: unlessGoingOn(() => store.maintenance.checkWritable()) },
        { name: 'keys', run: unlessGoingOn(async () => (await ready.promise).checkKeys()) },
      ],
      elapsed,
      log,
    })
    const versions = { version, node: process.versions.node, sqlite: process.versions.sqlite ?? '' }
    const operations = createOperations({ readiness, metrics, versions })
    const management: HandleRequest = firstOf(
      [
        observed('operations', operations, statistics.observeRequest),
        async (request) => (app ?? (await ready.promise)).handleManagement(request),
      ],
      createReporter({ random, log }),
    )

    const revocations =
      config.mtlsCrlFile === ''
        ? undefined
        : createRevocationFile(config.mtlsCrlFile, (error) => log.error('revocation lists not renewed', failure(error)))
    if (revocations !== undefined) opened.push(revocations)
    const proxy: CertificateSource | undefined =
      config.proxyCertificateHeader === 'off'
        ? undefined
        : { addresses: proxyRanges(config), header: config.proxyCertificateHeader }

    type Place = { host: string; port: number; body: number; handle: HandleRequest; certificates?: CertificateSource }
    const listener = (name: string, place: Place) =>
      createListener({
        host: place.host,
        port: place.port,
        tls,
        strictTransport,
        certificateSource: place.certificates,
        limits: limitsOf(config, place.body),
        handle: logged(place.handle, log),
        onProblem: (problem) => statistics.countConnectionProblem(name, problem),
        holdBack: loadShedding.holdBack,
      })
    const forEverybody = {
      host: config.publicHost,
      body: config.bodyLimit,
      handle: loadShedding.shed((request) =>
        app === undefined ? ready.promise.then((made) => made.handlePublic(request)) : app.handlePublic(request),
      ),
    }
    const publicListener = listener('public', {
      ...forEverybody,
      port: config.publicPort,
      ...(proxy === undefined ? {} : { certificates: proxy }),
    })
    const mtlsListener = config.mtls
      ? listener('mtls', { ...forEverybody, port: config.mtlsPort, certificates: 'connection' })
      : undefined
    const managementListener = listener('management', {
      host: config.adminHost,
      port: config.adminPort,
      body: config.adminBodyLimit,
      handle: management,
    })
    const publicPort = await publicListener.listen()
    opened.push({ close: () => publicListener.close(0) })
    const mtlsPort = await mtlsListener?.listen()
    if (mtlsListener !== undefined) opened.push({ close: () => mtlsListener.close(0) })
    const adminPort = await managementListener.listen()
    opened.push({ close: () => managementListener.close(0) })

    const publicUrl = config.url || defaultUrl(config, publicPort)
    const adminUrl = config.adminUrl || defaultUrl(config, adminPort)
    const mtlsUrl = config.mtlsUrl || (mtlsPort === undefined ? undefined : defaultUrl(config, mtlsPort))
    const made = createApp({
      store,
      masterKey,
      issuers: createIssuers(publicUrl, adminUrl),
      clock,
      elapsed,
      random,
      log,
      statistics,
      parking,
      outbound: {
        allowed: outboundRanges(config),
        ca: config.outboundCaFile === '' ? undefined : readFileSync(config.outboundCaFile, 'utf8'),
      },
      webhookHosts: webhookHosts(config),
      certificates: {
        taken: mtlsListener !== undefined || proxy !== undefined,
        url: mtlsUrl,
        revocationLists: () => revocations?.lists() ?? [],
      },
      clientCapacity: config.clientCache,
      metadataMaxAge: config.metadataMaxAge,
      keysActive: config.keysActive,
      keysAnnounced: config.keysAnnounced,
      leakReports: {
        scanners: leakScanners(config).map(({ name, keys }) => ({ name, keys: scannerKeys(keys) })),
        labels: config.leakReportAnswer === 'labels',
      },
      spool,
      outageLimit: config.auditOutageLimit * 1000,
      auditRetention: config.auditRetention,
      forgottenUntil,
    })
    opened.splice(2, 0, made)
    const clockWatch = createClockWatch(clock, elapsed)
    const background = createBackground({ tasks: made.tasks, clockWatch, leads: store.leads, statistics, log })
    opened.push(background)
    const caFile = source !== undefined && 'caFile' in source ? source.caFile : undefined
    addressAdministrator(join(dataDirectory, administratorFile), { adminUrl, caFile })
    const onFailure = (error: unknown): void => log.error('certificate not renewed', failure(error))
    const listeners = [publicListener, ...(mtlsListener === undefined ? [] : [mtlsListener]), managementListener]
    const renewal = source && tls && createTlsRenewal({ source, material: tls, listeners, onFailure })
    if (renewal !== undefined) opened.push(renewal)
    background.start()
    app = made
    ready.resolve(made)
    readiness.started()
    if (config.insecureHttp) log.warn('unencrypted HTTP beyond loopback is allowed (insecureHttp)')
    log.info('started', {
      publicUrl,
      adminUrl,
      mtlsUrl,
      store: config.store.split(':')[0],
      version,
      node: process.version,
    })

    const stop = async (delay: number, timeout: number): Promise<{ cut: number }> => {
      readiness.drain()
      log.info('draining', { delay, timeout })
      for (const each of listeners) each.drain()
      loadShedding.drain()
      if (delay > 0) await delayed(delay)
      made.endWaits()
      const began = performance.now()
      // Health is answered until the last public request is.
      const closing = [publicListener.close(timeout), mtlsListener?.close(timeout) ?? 0]
      const [cutPublic, cutMtls] = await Promise.all(closing)
      const cut = (cutPublic ?? 0) + (cutMtls ?? 0)
      const cutHere = await managementListener.close(Math.max(0, timeout - (performance.now() - began)))
      await closeAll()
      log.info('stopped', { cut: cut + cutHere })
      log.flush()
      return { cut: cut + cutHere }
    }
    let stopping: Promise<{ cut: number }> | undefined
    return {
      publicUrl,
      adminUrl,
      mtlsUrl,
      dataDirectory,
      answerPublic: made.handlePublic,
      caFile,
      store,
      clock,
      random,
      keys: made.keys,
      background,
      deliverWebhooks: made.deliverWebhooks,
      renewTls: async () => {
        await Promise.all([renewal?.now(), revocations?.now()])
      },
      close: ({ delay = 0, timeout = config.drainTimeout } = {}) => {
        stopping ??= stop(delay, timeout)
        return stopping
      },
    }
  } catch (error) {
    log.flush()
    await closeAll()
    throw error
  }
}
