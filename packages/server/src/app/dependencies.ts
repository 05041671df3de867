import type { AuditSpool } from '../audit/spool.ts'
import type { RevocationList } from '../certificates/revocation-list.ts'
import type { FailureLimits } from '../client-auth/throttle.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Scanner } from '../leaks/scanner-keys.ts'
import type { Clock } from '../lib/clock.ts'
import type { AnswerTimes, Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import type { Parking } from '../lib/parking.ts'
import type { Random } from '../lib/random.ts'
import type { Statistics } from '../operations/statistics.ts'
import type { Store } from '../store/store.ts'

/** Everything the application is made of that comes from outside. */
export type AppDependencies = {
  readonly store: Store
  readonly masterKey: Uint8Array
  readonly issuers: Issuers
  readonly clock: Clock
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  /** Lets so many milliseconds pass. */
  readonly wait: (milliseconds: number) => Promise<void>
  readonly random: Random
  readonly log: Log
  readonly statistics: Statistics
  /** Told of requests that wait for what is not the work of this process. */
  readonly parking: Parking
  readonly deadlines: Deadlines
  readonly answerTimes: AnswerTimes
  /** How often authentication may fail; by default as production has it. */
  readonly failureLimits?: FailureLimits
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
