import type { RecordEvent } from '../audit/record.ts'
import type { Refuse } from '../audit/refusal.ts'
import type { AuthenticateBearer } from '../client-auth/bearer.ts'
import type { ExplainFederation } from '../client-auth/explain-federation.ts'
import { signingAlgorithms } from '../domain/api.ts'
import { capabilities } from '../domain/capability.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { KeyRotation } from '../keys/rotate.ts'
import { createFindLeaked } from '../leaks/find-leaked.ts'
import { createRespondToLeak } from '../leaks/respond.ts'
import { createTakeFinding, type TakeFinding } from '../leaks/take-finding.ts'
import { createTraceCredential } from '../leaks/trace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import { createChangeSets } from '../registry/change-set.ts'
import { createCredentialCare, type TendCredentials } from '../registry/credential-care.ts'
import { createDocumentSteps, type FindProven } from '../registry/documents.ts'
import { createDrafts } from '../registry/drafts.ts'
import type { Offered } from '../registry/kinds/kind.ts'
import type { Registry } from '../registry/registry.ts'
import { createRevisions } from '../registry/revisions.ts'
import type { Revocations } from '../registry/revocations.ts'
import { createRollKey, type RollKey } from '../registry/roll-key.ts'
import type { HashSecret } from '../registry/steps.ts'
import type { Store } from '../store/store.ts'
import type { TokenFormats } from '../tokens/formats.ts'
import type { InspectToken } from '../tokens/inspect.ts'
import type { RevokeTokens } from '../tokens/revoke.ts'
import type { Webhooks } from '../webhooks/dispatcher.ts'
import { createWebhookSecrets } from '../webhooks/secrets.ts'
import { createAdminAuthenticator } from './authenticate.ts'
import { createCursors } from './cursor.ts'
import { createHandlers } from './handlers.ts'
import { createIdempotency } from './idempotency.ts'
import { type AdminRouter, createAdminRouter } from './router.ts'

/** What administration is made of. */
export type AdminParts = {
  readonly store: Store
  readonly registry: Registry
  readonly masterKey: Uint8Array
  readonly issuers: Issuers
  readonly formats: TokenFormats
  /** What a workspace answers: names for aliases, paths they must not take. */
  readonly endpoints: Offered['endpoints']
  readonly authenticationMethods: readonly string[]
  readonly authenticateBearer: AuthenticateBearer
  readonly hashSecret: HashSecret
  readonly webhooks: Webhooks
  readonly webhookHosts: readonly string[]
  readonly findProven: FindProven
  readonly inspectToken: InspectToken
  readonly revokeTokens: RevokeTokens
  readonly revocations: Revocations
  readonly explainFederation: ExplainFederation
  readonly keys: KeyRotation
  /** Writes down who was seen with which credential on this node. */
  readonly flushUses: () => Promise<void>
  readonly deadlines: Deadlines
  /** Milliseconds from the arrival of a call to its answer. */
  readonly answerTime: number
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  readonly log: Log
  readonly record: RecordEvent
  readonly refuse: Refuse
  readonly clock: Clock
  readonly random: Random
}

export type Admin = {
  readonly route: AdminRouter
  readonly rollKey: RollKey
  /** Ends rotations whose time has come, and removes credentials that were retired long ago. */
  readonly tendCredentials: TendCredentials
  /** Does something about what a scanner found. */
  readonly takeFinding: TakeFinding
  /** Ends the calls that wait for events. */
  readonly close: () => void
}

/** The admin API, what it knows of leaks, and the work on its configuration that the server does by itself. */
export const createAdmin = (parts: AdminParts): Admin => {
  const { store, masterKey, clock, random, hashSecret } = parts
  const offered = (): Offered => ({
    capabilities: capabilities.map(({ name }) => name),
    authenticationMethods: parts.authenticationMethods,
    tokenFormats: parts.formats.all.map(({ name }) => name),
    algorithms: signingAlgorithms,
    webhookHosts: parts.webhookHosts,
    endpoints: parts.endpoints.map(({ name, path }) => ({ name, path })),
  })
  const preparation = { random, hashSecret }
  const changeSets = createChangeSets({
    store,
    offered,
    webhookSecrets: createWebhookSecrets(masterKey, random),
    clock,
    random,
  })
  const findLeaked = createFindLeaked(parts)
  const respondToLeak = createRespondToLeak({ ...parts, changeSets })
  const closing = new AbortController()
  const handlers = createHandlers({
    ...parts,
    changeSets,
    findLeaked,
    respondToLeak,
    traceCredential: createTraceCredential({ ...parts, audit: store.audit }),
    drafts: createDrafts({ store, changeSets, clock, ...preparation }),
    revisions: createRevisions({ store }),
    documentSteps: createDocumentSteps({ findProven: parts.findProven, ...preparation }),
    preparation,
    offered,
    cursors: createCursors(masterKey),
  })
  const route = createAdminRouter({
    ...parts,
    handlers,
    authenticate: createAdminAuthenticator(parts),
    idempotency: createIdempotency({ store: store.idempotency, masterKey, clock, random }),
    store: store.idempotency,
    closing: closing.signal,
  })
  const tendCredentials = createCredentialCare({ ...parts, changeSets })
  const rollKey = createRollKey({ changeSets, random })
  const takeFinding = createTakeFinding({ ...parts, findLeaked, respondToLeak })
  return { route, rollKey, tendCredentials, takeFinding, close: () => closing.abort() }
}
