import { join, resolve } from 'node:path'
import { setTimeout as delayed } from 'node:timers/promises'
import { createApp } from './app.ts'
import { openAuditSpool } from './audit/open-spool.ts'
import { createReporter } from './audit/refusal.ts'
import { type Background, createBackground } from './background/scheduler.ts'
import { hidesCallers } from './config/safety.ts'
import type { Config } from './config/schema.ts'
import { storeOptions } from './config/store-options.ts'
import { createIssuers } from './domain/issuer.ts'
import { createLateAnswer } from './http/late-answer.ts'
import { createLoadShedding } from './http/load-shedding.ts'
import { observed } from './http/observed.ts'
import { createRevocationFile } from './http/revocation-file.ts'
import { firstOf, type HandleRequest } from './http/router.ts'
import { createTlsRenewal } from './http/tls-renewal.ts'
import type { KeyRotation } from './keys/rotate.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createClockWatch } from './lib/clock-watch.ts'
import { createDeadlines } from './lib/deadlines.ts'
import { createLog, failure, type Log, type LogLevel } from './lib/log.ts'
import { createParking } from './lib/parking.ts'
import { makePrivateDirectory } from './lib/private-file.ts'
import { createSystemRandom, type Random } from './lib/random.ts'
import { createStatistics } from './operations/statistics.ts'
import { readForgottenUntil } from './registry/used-once.ts'
import { addressAdministrator, foundAdministration } from './server/administrator-file.ts'
import { appSettings } from './server/app-settings.ts'
import { awaitApp } from './server/awaited-app.ts'
import { certificateProxy, tlsSource } from './server/certificate-sources.ts'
import { createClosing } from './server/closing.ts'
import { openListeners } from './server/listeners.ts'
import { compareUrl, holdDirectory } from './server/one-of-several.ts'
import { openMasterKey } from './server/open-master-key.ts'
import { createOperatorView } from './server/operator-view.ts'
import type { Store } from './store/store.ts'
import { openStore } from './store/stores.ts'

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

/** What a server takes from outside; each has a default. */
export type ServerDependencies = {
  readonly clock?: Clock
  /** Milliseconds that never jump; by default `performance.now`. */
  readonly elapsed?: () => number
  /** Lets so many milliseconds pass, before an answer that is not to leave at once; by default a timer. */
  readonly wait?: (milliseconds: number) => Promise<void>
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
    wait = async (milliseconds) => delayed(milliseconds),
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
  const closing = createClosing()
  const store = await openStore(config.store, dataDirectory, { onDamage, onNews, ...storeOptions(config) })
  closing.add('store', store)
  try {
    // An embedded database has made it already.
    makePrivateDirectory(dataDirectory)
    const severalNodes = config.store.startsWith('postgres')
    if (severalNodes) closing.add('store', holdDirectory(dataDirectory))
    const spool = await openAuditSpool(join(dataDirectory, 'audit-spool'), {
      store,
      room: config.auditSpoolLimit * 1024 * 1024,
      limit: config.auditOutageLimit * 1000,
      now: clock.now,
      elapsed,
      log,
    })
    closing.add('store', spool)
    const masterKey = await openMasterKey(config, dataDirectory, { store, random, log })
    await foundAdministration(dataDirectory, { store, clock, random })
    const forgottenUntil = await readForgottenUntil(store.settings)
    const source = tlsSource(config, dataDirectory, clock)
    const tls = await source?.read()

    const awaited = awaitApp()
    const statistics = createStatistics()
    const parking = createParking()
    const deadlines = createDeadlines({ elapsed })
    const loadShedding = createLoadShedding({
      parked: parking.count,
      answerTime: config.answerTime,
      deadlines,
      late: createLateAnswer({ random, log }),
      limits: { concurrent: config.concurrentLimit, waiting: config.waitingLimit, patience: config.waitTime },
      elapsed,
      log,
    })
    const operatorView = createOperatorView({
      store,
      spool,
      app: awaited,
      statistics,
      loadShedding,
      deadlines,
      elapsed,
      log,
    })
    closing.add('application', operatorView)
    const { readiness, version } = operatorView
    const revocations =
      config.mtlsCrlFile === ''
        ? undefined
        : createRevocationFile(config.mtlsCrlFile, (error) => log.error('revocation lists not renewed', failure(error)))
    if (revocations !== undefined) closing.add('application', revocations)
    const proxy = certificateProxy(config)
    const listeners = await openListeners({
      config,
      tls,
      proxy,
      handlers: {
        public: awaited.handlePublic,
        management: firstOf(
          [observed('operations', operatorView.answer, statistics.observeRequest), awaited.handleManagement],
          createReporter({ random, log }),
        ),
      },
      statistics,
      loadShedding,
      log,
    })
    closing.add('listeners', { close: () => listeners.close(0) })

    const { publicUrl, adminUrl, mtlsUrl } = listeners
    const app = createApp({
      ...appSettings(config),
      store,
      masterKey,
      issuers: createIssuers(publicUrl, adminUrl),
      clock,
      elapsed,
      wait,
      random,
      log,
      statistics,
      parking,
      deadlines,
      certificates: {
        taken: config.mtls || proxy !== undefined,
        url: mtlsUrl,
        revocationLists: () => revocations?.lists() ?? [],
      },
      spool,
      forgottenUntil,
    })
    closing.add('application', app)
    const clockWatch = createClockWatch(clock, elapsed, () => store.contact().clockAhead)
    const background = createBackground({ tasks: app.tasks, clockWatch, leads: store.leads, statistics, log })
    closing.add('background', background)
    const caFile = source !== undefined && 'caFile' in source ? source.caFile : undefined
    addressAdministrator(dataDirectory, { adminUrl, caFile })
    if (severalNodes) await compareUrl(store.settings, publicUrl, log)
    const onFailure = (error: unknown): void => log.error('certificate not renewed', failure(error))
    const renewal = source && tls && createTlsRenewal({ source, material: tls, listeners: [listeners], onFailure })
    if (renewal !== undefined) closing.add('background', renewal)
    background.start()
    awaited.made(app)
    readiness.started()
    if (hidesCallers(config)) {
      log.warn('a proxy is in front, and all callers have its address: set proxy.addresses and proxy.addressHeader')
    }
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
      listeners.drain()
      loadShedding.drain()
      if (delay > 0) await delayed(delay)
      app.endWaits()
      const cut = await listeners.close(timeout)
      await closing.close()
      log.info('stopped', { cut })
      log.flush()
      return { cut }
    }
    let stopping: Promise<{ cut: number }> | undefined
    return {
      publicUrl,
      adminUrl,
      mtlsUrl,
      dataDirectory,
      answerPublic: app.handlePublic,
      caFile,
      store,
      clock,
      random,
      keys: app.keys,
      background,
      deliverWebhooks: app.deliverWebhooks,
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
    await closing.close()
    throw error
  }
}
