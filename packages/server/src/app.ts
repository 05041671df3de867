import type { AdminParts } from './admin/create-admin.ts'
import { createClientAuthentication } from './app/client-authentication.ts'
import type { AppDependencies } from './app/dependencies.ts'
import { createTasks } from './app/tasks.ts'
import { createRecorder } from './audit/record.ts'
import { createRefuser, createReporter } from './audit/refusal.ts'
import type { BackgroundTask } from './background/scheduler.ts'
import { systemWorkspace } from './domain/workspace.ts'
import { createEndpoints } from './endpoints/endpoints.ts'
import { createLeakReports } from './endpoints/leak-reports.ts'
import { createLateAnswer } from './http/late-answer.ts'
import { observed } from './http/observed.ts'
import { createWorkspaceRouter, firstOf, type HandleRequest } from './http/router.ts'
import { createKeyring } from './keys/keyring.ts'
import { createKeyRotation, type KeyRotation } from './keys/rotate.ts'
import { createScannerKeys } from './leaks/scanner-keys.ts'
import { createFetchPublic } from './lib/fetch-public.ts'
import { failure } from './lib/log.ts'
import type { HttpRequest, HttpResponse } from './lib/message.ts'
import { createPostPublic } from './lib/post-public.ts'
import { whenNeeded } from './lib/when-needed.ts'
import { createRegistry } from './registry/registry.ts'
import { createRevocations } from './registry/revocations.ts'
import { createUseOnce } from './registry/used-once.ts'
import { createLastKnown } from './store/last-known.ts'
import { createFormats } from './tokens/formats.ts'
import { createInspector } from './tokens/inspect.ts'
import { createIntrospectionJwt } from './tokens/introspection-jwt.ts'
import { createIssuer } from './tokens/issue.ts'
import { createKeyNeeds } from './tokens/key-needs.ts'
import { createRevokeTokens, type RevokeTokens } from './tokens/revoke.ts'
import { createTokenLimit } from './tokens/token-limit.ts'
import { createWebhooks } from './webhooks/dispatcher.ts'

/** Where administration answers on the management listener. */
const isAdministration = ({ path }: HttpRequest): boolean => path.startsWith('/admin/') || path === '/openapi.json'
/** When administration is loaded that nobody has asked for yet, in milliseconds after the start. */
const adminDelay = 1000

/** The application without sockets: one handler for each listener. */
export type App = {
  readonly handlePublic: HandleRequest
  readonly handleManagement: HandleRequest
  /** The decisions that kill tokens, for administration. */
  readonly revokeTokens: RevokeTokens
  readonly keys: KeyRotation
  /** What the application does by itself. */
  readonly tasks: readonly BackgroundTask[]
  /** Brings every webhook up to date now. */
  readonly deliverWebhooks: () => Promise<void>
  /** Rejects when the keys of the server's own workspace cannot be opened. */
  readonly checkKeys: () => Promise<unknown>
  /** Whether tokens are issued also while the store is away, as things stand. */
  readonly goesOn: () => boolean
  /** Entries held, by cache. */
  readonly cacheSizes: () => Readonly<Record<string, number>>
  /** Answers the calls that wait for events: before the listeners close, since they wait for all answers. */
  readonly endWaits: () => void
  readonly close: () => Promise<void>
}

/** The composition root: all wiring, on this page; that of client authentication and of background tasks in `app/`. */
export const createApp = (deps: AppDependencies): App => {
  const { store, masterKey, issuers, clock, random, log, statistics, parking } = deps
  const useOnce = createUseOnce(store.singleUse, deps.forgottenUntil)
  const lastKnown = createLastKnown({ contact: store.contact, limit: deps.outageLimit ?? 0, elapsed: deps.elapsed })
  const registry = createRegistry({ store, clientCapacity: deps.clientCapacity, lastKnown })
  const { auditOutage } = registry
  const record = createRecorder({
    audit: store.audit,
    clock,
    goingOn: deps.spool && { spool: deps.spool, auditOutage },
  })
  const refuse = createRefuser({ record, random, log })
  const report = createReporter({ random, log })
  const keyring = createKeyring({ store: store.keys, masterKey, clock, random, lastKnown })
  const formats = createFormats({ keyring })
  const tokenLimit = createTokenLimit({ ...deps, record, count: statistics.countLimited })
  const issueToken = createIssuer({ formats, issuers, record, countToken: statistics.countToken, clock, random })
  const revocations = createRevocations({ store: store.revocations, clock })
  const inspectToken = createInspector({ formats, issuers, registry, revocations, clock })
  const introspectionJwt = createIntrospectionJwt({ keyring, formats, issuers, clock })
  const revokeTokens = createRevokeTokens({ revocations, clock })
  // Who asks about a token before they are read waits for them, and is refused when they cannot be read.
  revocations.load().catch(() => {})

  const keys = createKeyRotation({
    store: store.keys,
    keyring,
    masterKey,
    needsOf: createKeyNeeds({ registry }),
    revokeKey: (workspace, kid, actor) => revokeTokens.key(workspace, kid, { actor }),
    terms: { active: deps.keysActive, announced: deps.keysAnnounced, metadataMaxAge: deps.metadataMaxAge },
    clock,
    random,
  })

  const fetchPublic = createFetchPublic(deps.outbound)
  const clientAuthentication = createClientAuthentication({
    ...deps,
    record,
    registry,
    useOnce,
    inspectToken,
    fetchPublic,
  })
  const { authenticateBearer, authenticationMethods, credentialUses, slowHashes, verifySecret } = clientAuthentication
  const endpoints = createEndpoints({
    authenticateClient: clientAuthentication.authenticateClient,
    authenticateBearer,
    bindByDpop: clientAuthentication.bindByDpop,
    authenticationMethods: clientAuthentication.publishedMethods,
    certificates: deps.certificates,
    registry,
    limitTokens: tokenLimit.limitTokens,
    issueToken,
    inspectToken,
    introspectionJwt,
    revokeTokens,
    proveRollover: clientAuthentication.proveRollover,
    rollKey: async (request) => (await admin.get()).rollKey(request),
    countKeyRollover: statistics.countKeyRollover,
    tellFrozen: ({ workspace, client }) =>
      log.error('keys of a client frozen: two keys claimed to succeed one', { workspace, client }),
    refuse,
    keyring,
    issuers,
    clock,
    contact: store.contact,
    maxAge: deps.metadataMaxAge,
  })
  const endNews = store.subscribe((change) => {
    if (change.about === 'keys') keyring.reload(change.workspace)
    if (change.about === 'revocations') revocations.remember(change.revocations)
    if (change.about === 'block') clientAuthentication.throttle.block(change)
    if (change.about === 'everything') {
      keyring.reload()
      revocations.reload()
    }
  })
  /** What was read before is believed by a request only when it may be. */
  const caughtUp =
    (handle: HandleRequest): HandleRequest =>
    (request) => {
      store.catchUp()
      return handle(request)
    }
  const router = (systemOnly: boolean) =>
    createWorkspaceRouter({ registry, endpoints, systemOnly, observe: statistics.observeRequest, report })

  const post = createPostPublic({
    allowed: deps.webhookHosts ?? [],
    ca: deps.outbound.ca,
    onTrouble: (host, error) => log.info('webhook not reached', { host, ...failure(error) }),
  })
  const webhooks = createWebhooks({ ...deps, store: store.webhooks, leads: store.leads, post })
  const tasks = createTasks({
    ...deps,
    runKeySchedule: keys.runSchedule,
    flushCredentialUses: credentialUses.flushSome,
    tendCredentials: async (stopped) => (await admin.get()).tendCredentials(stopped),
    purgeRevocations: revocations.purge,
  })
  // Administration brings the schemas of its API, and nobody waits for them at the start: they are loaded soon after it.
  const admin = whenNeeded(async () => (await import('./admin/create-admin.ts')).createAdmin(adminParts), adminDelay)
  const adminParts: AdminParts = {
    store,
    registry,
    masterKey,
    issuers,
    formats,
    endpoints,
    authenticationMethods,
    authenticateBearer,
    hashSecret: slowHashes.hash,
    webhooks,
    webhookHosts: deps.webhookHosts ?? [],
    // No client has the empty id: who guesses at a client does not keep an administrator waiting.
    findProven: (client, secret) => verifySecret(client, secret, { workspace: systemWorkspace, clientId: '' }),
    inspectToken,
    revokeTokens,
    revocations,
    explainFederation: clientAuthentication.explainFederation,
    keys,
    flushUses: credentialUses.flush,
    deadlines: deps.deadlines,
    answerTime: deps.answerTimes.administration,
    elapsed: deps.elapsed,
    log,
    record,
    refuse,
    clock,
    random,
  }
  const routeAdmin = async (request: HttpRequest): Promise<HttpResponse | undefined> =>
    isAdministration(request) ? (await admin.get()).route(request) : undefined

  const late = createLateAnswer({ random, log })
  const systemRouter = router(true)
  const routeSystem = (request: HttpRequest): Promise<HttpResponse | undefined> => {
    const term = { due: deps.elapsed() + deps.answerTimes.endpoints }
    return deps.deadlines.keep('system', systemRouter(request), term, () => late('system', request))
  }

  const scannerKeys = createScannerKeys({
    fetchPublic,
    elapsed: deps.elapsed,
    onTrouble: (url, error) => log.warn('keys of a scanner not fetched', { url, ...failure(error) }),
  })
  const leakReports = createLeakReports({
    ...deps.leakReports,
    // Strangers too can make a request wait for a fetch.
    keys: { find: async (...asked) => parking.during(scannerKeys.find(...asked)) },
    // What it takes to answer a leak comes with administration.
    takeFinding: async (finding, by) => (await admin.get()).takeFinding(finding, by),
    elapsed: deps.elapsed,
    wait: deps.wait,
    log,
  })
  const publicRouters = [
    ...(deps.leakReports.scanners.length === 0
      ? []
      : [observed('leak-reports', leakReports, statistics.observeRequest)]),
    router(false),
  ]

  return {
    handlePublic: caughtUp(firstOf(publicRouters, report)),
    handleManagement: caughtUp(
      firstOf([observed('admin', routeAdmin, statistics.observeRequest), routeSystem], report),
    ),
    revokeTokens,
    keys,
    tasks,
    deliverWebhooks: webhooks.deliver,
    checkKeys: () => keyring.records(systemWorkspace),
    goesOn: () => deps.spool?.takes() === true && registry.someGoesOn(),
    cacheSizes: () => ({
      ...registry.sizes(),
      failures: clientAuthentication.throttle.size(),
      tokenRates: tokenLimit.size(),
    }),
    endWaits: () => admin.ifMade()?.close(),
    close: async () => {
      await webhooks.close()
      await credentialUses.flush().catch((error: unknown) => log.warn('last uses not written', failure(error)))
      admin.close()
      endNews()
      registry.close()
      await slowHashes.close()
    },
  }
}
