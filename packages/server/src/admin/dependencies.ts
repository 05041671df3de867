import type { ExplainFederation } from '../client-auth/explain-federation.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { KeyRotation } from '../keys/rotate.ts'
import type { FindLeaked } from '../leaks/find-leaked.ts'
import type { RespondToLeak } from '../leaks/respond.ts'
import type { TraceCredential } from '../leaks/trace.ts'
import type { Clock } from '../lib/clock.ts'
import type { ChangeSets } from '../registry/change-set.ts'
import type { DocumentSteps, FindProven } from '../registry/documents.ts'
import type { Drafts } from '../registry/drafts.ts'
import type { Offered } from '../registry/kinds/kind.ts'
import type { Registry } from '../registry/registry.ts'
import type { Revisions } from '../registry/revisions.ts'
import type { Preparation } from '../registry/steps.ts'
import type { Store } from '../store/store.ts'
import type { InspectToken } from '../tokens/inspect.ts'
import type { RevokeTokens } from '../tokens/revoke.ts'
import type { Webhooks } from '../webhooks/dispatcher.ts'
import type { Cursors } from './cursor.ts'

/** What handlers of the admin API work with. */
export type AdminDependencies = {
  readonly store: Store
  readonly registry: Registry
  readonly changeSets: ChangeSets
  readonly drafts: Drafts
  readonly revisions: Revisions
  readonly documentSteps: DocumentSteps
  readonly preparation: Preparation
  readonly keys: KeyRotation
  readonly inspectToken: InspectToken
  readonly revokeTokens: RevokeTokens
  readonly findProven: FindProven
  readonly findLeaked: FindLeaked
  readonly traceCredential: TraceCredential
  readonly respondToLeak: RespondToLeak
  readonly explainFederation: ExplainFederation
  readonly issuers: Issuers
  /** Writes down who was seen with which credential on this node. */
  readonly flushUses: () => Promise<void>
  readonly webhooks: Webhooks
  readonly offered: () => Offered
  readonly cursors: Cursors
  readonly clock: Clock
}
