import type { AdminParts } from './admin/create-admin.ts'
import { createRecorder } from './audit/record.ts'
import { createRefuser, createReporter } from './audit/refusal.ts'
import type { AuditSpool } from './audit/spool.ts'
import { expiryNoticesTask } from './background/expiry-notices.ts'
import { housekeepingTasks } from './background/housekeeping.ts'
import type { BackgroundTask } from './background/scheduler.ts'
import type { RevocationList } from './certificates/revocation-list.ts'
import { createAuthenticator } from './client-auth/authenticate.ts'
import { createBearerAuthenticator } from './client-auth/bearer.ts'
import { createClientCertificateReader } from './client-auth/client-certificate.ts'
import { createClientKeys } from './client-auth/client-keys.ts'
import { createCredentialUses, credentialUseInterval } from './client-auth/credential-use.ts'
import { createBindByDpop } from './client-auth/dpop.ts'
import { createDpopNonces } from './client-auth/dpop-nonce.ts'
import { createExplainFederation } from './client-auth/explain-federation.ts'
import { createKeyRolloverProof } from './client-auth/key-rollover.ts'
import { createKeySets } from './client-auth/key-sets.ts'
import { createMethods } from './client-auth/methods.ts'
import { createSecretVerifier, type VerifySecret } from './client-auth/secret.ts'
import { createSlowHashes } from './client-auth/slow-hash.ts'
import { createTrustKeys } from './client-auth/trust-keys.ts'
import type { Issuers } from './domain/issuer.ts'
import { systemWorkspace } from './domain/workspace.ts'
import { createEndpoints } from './endpoints/endpoints.ts'
import { createLeakReports } from './endpoints/leak-reports.ts'
import { observed } from './http/observed.ts'
import { createWorkspaceRouter, firstOf, type HandleRequest } from './http/router.ts'
import { createKeyring } from './keys/keyring.ts'
import { createKeyRotation, type KeyRotation } from './keys/rotate.ts'
import { createScannerKeys, type Scanner } from './leaks/scanner-keys.ts'
import type { Clock } from './lib/clock.ts'
import { createFetchPublic } from './lib/fetch-public.ts'
import { failure, type Log } from './lib/log.ts'
import type { HttpRequest, HttpResponse } from './lib/message.ts'
import type { Parking } from './lib/parking.ts'
import { createPostPublic } from './lib/post-public.ts'
import type { Random } from './lib/random.ts'
import { whenNeeded } from './lib/when-needed.ts'
import type { Statistics } from './operations/statistics.ts'
import { readClientKey } from './registry/client-key.ts'
import { readKeySet } from './registry/issuer-key.ts'
import { createRegistry } from './registry/registry.ts'
import { createRevocations } from './registry/revocations.ts'
import { createUseOnce } from './registry/used-once.ts'
import { createLastKnown } from './store/last-known.ts'
import type { Store } from './store/store.ts'
import { createFormats } from './tokens/formats.ts'
import { createInspector } from './tokens/inspect.ts'
import { createIntrospectionJwt } from './tokens/introspection-jwt.ts'
import { createIssuer } from './tokens/issue.ts'
import { createKeyNeeds } from './tokens/key-needs.ts'
import { createRevokeTokens, type RevokeTokens } from './tokens/revoke.ts'
import { createWebhooks } from './webhooks/dispatcher.ts'

/** Where administration answers on the management listener. */
const isAdministration = ({ path }: HttpRequest): boolean => path.startsWith('/admin/') || path === '/openapi.json'
/** When administration is loaded that nobody has asked for yet, in milliseconds after the start. */
const adminDelay = 1000

/** How often rotations that have ended and credentials that were retired long ago are looked for, in milliseconds. */
const credentialCareInterval = 600_000

/** How often the schedules of keys are looked at, in milliseconds. */
const keyScheduleInterval = 60_000

/** Everything the application is made of that comes from outside. */
export type AppDependencies = {
  readonly store: Store
  readonly masterKey: Uint8Array
  readonly issuers: Issuers
  readonly clock: Clock
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  readonly random: Random
  readonly log: Log
  readonly statistics: Statistics
  /** Told of requests that wait for what is not the work of this process. */
  readonly parking: Parking
  /** Clients kept in memory. */
  readonly clientCapacity: number
  /** Seconds metadata and keys may be cached. */
  readonly metadataMaxAge: number
  /** Days a key is in use. */
  readonly keysActive: number
  /** Seconds a key is announced at the least. */
  readonly keysAnnounced: number
  /** What of the network is fetched from that clients name: private ranges that may be, and whom to trust. */
  readonly outbound: { readonly allowed: readonly string[]; readonly ca: string | undefined }
  /** Hosts and addresses on private networks where webhooks may be; none by default. */
  readonly webhookHosts?: readonly string[]
  /** How clients come that prove themselves by a certificate (RFC 8705). */
  readonly certificates: {
    /** Whether a certificate can arrive at all: from a listener that asks for it, or from a proxy. */
    readonly taken: boolean
    /** Base URL of where they come to; undefined: the public one. */
    readonly url: string | undefined
    readonly revocationLists: () => readonly RevocationList[]
  }
  /** Who may report leaks, and whether it is told which of its findings are ours. */
  readonly leakReports: { readonly scanners: readonly Scanner[]; readonly labels: boolean }
  /** Where events go that the store does not take, of workspaces that go on; without it none does. */
  readonly spool?: AuditSpool
  /** For how long such workspaces go on by what this node knew, in milliseconds. */
  readonly outageLimit?: number
  /** Days audit events are kept. */
  readonly auditRetention: number
  /** What counts once may have been used until then and be forgotten, epoch milliseconds; undefined: no backup was ever restored. */
  readonly forgottenUntil?: number | undefined
}

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

/** The composition root: all wiring, on one page. */
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

  const slowHashes = createSlowHashes({ random })
  const verifyInTurn = createSecretVerifier({ slowHashes, clock, random })
  const verifySecret: VerifySecret = (...claim) => parking.during(verifyInTurn(...claim))
  const fetchPublic = createFetchPublic(deps.outbound)
  const keySets = createKeySets({
    fetchSet: fetchPublic,
    parking,
    read: (json) => ({ keys: readKeySet(json, readClientKey) }),
    check: 'client-keys-available',
    elapsed: deps.elapsed,
    onTrouble: (uri, error) => log.warn('keys of a client not fetched', { uri, ...failure(error) }),
  })
  const trustKeys = createTrustKeys({
    fetchPublic,
    parking,
    elapsed: deps.elapsed,
    onTrouble: (source, error) => log.warn('keys of a trust not fetched', { source, ...failure(error) }),
  })
  const clientKeys = createClientKeys({ keySets })
  const readCertificates = createClientCertificateReader()
  const methods = createMethods({
    verifySecret,
    clientKeys,
    trustKeys,
    issuers,
    useOnce,
    readCertificates,
    registry,
    revocationLists: deps.certificates.revocationLists,
    clock,
    countEndpointAudience: statistics.countEndpointAudience,
  })
  const credentialUses = createCredentialUses({ store: store.credentialUse, clock })
  const authenticateClient = createAuthenticator({ methods, registry, noteUse: credentialUses.note })
  const authenticateBearer = createBearerAuthenticator({ methods, inspectToken })
  const nonces = createDpopNonces({ masterKey, clock })
  const bindByDpop = createBindByDpop({
    nonces,
    issuers,
    useOnce,
    mtlsUrl: deps.certificates.url,
    clock,
  })

  const authenticationMethods = methods.map(({ name }) => name)
  const usable = methods.filter(({ ofConnection }) => ofConnection !== true || deps.certificates.taken)
  const endpoints = createEndpoints({
    authenticateClient,
    authenticateBearer,
    bindByDpop,
    authenticationMethods: [...new Set(usable.flatMap(({ name, published }) => published ?? [name]))],
    certificates: deps.certificates,
    registry,
    issueToken,
    inspectToken,
    introspectionJwt,
    revokeTokens,
    proveRollover: createKeyRolloverProof({ clientKeys, registry, issuers, useOnce, clock }),
    rollKey: async (request) => (await admin.get()).rollKey(request),
    countKeyRollover: statistics.countKeyRollover,
    tellFrozen: ({ workspace, client }) =>
      log.error('keys of a client frozen: two keys claimed to succeed one', { workspace, client }),
    refuse,
    keyring,
    issuers,
    clock,
    maxAge: deps.metadataMaxAge,
  })
  const endNews = store.subscribe((change) => {
    if (change.about === 'keys') keyring.reload(change.workspace)
    if (change.about === 'revocations') revocations.remember(change.revocations)
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
  const tasks: readonly BackgroundTask[] = [
    { name: 'key-schedule', interval: keyScheduleInterval, atStart: true, forgets: false, run: keys.runSchedule },
    {
      name: 'credential-use',
      interval: credentialUseInterval,
      everywhere: true,
      forgets: false,
      run: credentialUses.flushSome,
    },
    expiryNoticesTask({ store, clock, statistics }),
    {
      name: 'credential-care',
      interval: credentialCareInterval,
      forgets: true,
      run: async (stopped) => statistics.setRotationsInUse(await (await admin.get()).tendCredentials(stopped)),
    },
    ...housekeepingTasks({
      store,
      purgeRevocations: revocations.purge,
      auditRetention: deps.auditRetention,
      clock,
      log,
    }),
  ]
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
    // No client has the empty id: who guesses at a client does not keep an administrator waiting.
    webhooks,
    webhookHosts: deps.webhookHosts ?? [],
    findProven: (client, secret) => verifySecret(client, secret, { workspace: systemWorkspace, clientId: '' }),
    inspectToken,
    revokeTokens,
    revocations,
    explainFederation: createExplainFederation({
      ...{ trustKeys, registry, issuers, readCertificates, clock },
      revocationLists: deps.certificates.revocationLists,
    }),
    keys,
    flushUses: credentialUses.flush,
    log,
    record,
    refuse,
    clock,
    random,
  }
  const routeAdmin = async (request: HttpRequest): Promise<HttpResponse | undefined> =>
    isAdministration(request) ? (await admin.get()).route(request) : undefined

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
      firstOf([observed('admin', routeAdmin, statistics.observeRequest), router(true)], report),
    ),
    revokeTokens,
    keys,
    tasks,
    deliverWebhooks: webhooks.deliver,
    checkKeys: () => keyring.records(systemWorkspace),
    goesOn: () => deps.spool?.takes() === true && registry.someGoesOn(),
    cacheSizes: registry.sizes,
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
