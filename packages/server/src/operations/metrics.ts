import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { SpoolLoad } from '../audit/spool.ts'
import type { LateLoad } from '../lib/deadlines.ts'
import type { AuditLoad, StoreContact } from '../store/store.ts'
import { durationBounds, type Statistics } from './statistics.ts'

export type Metrics = {
  /** Everything, in the Prometheus text format. */
  readonly read: () => Promise<string>
  readonly contentType: string
  readonly close: () => void
}

/** What the requests of one kind do now, and how many were refused since the start. */
type KindLoad = { readonly inFlight: number; readonly waiting: number; readonly refused: number }

/** Numbers by label, joined by a space where there are several. */
type Labelled = Iterable<readonly [string, number]>

/** How often the event loop is looked at, in milliseconds; a loop without any delay shows this, so it is taken off. */
const resolution = 20

const delayOf = (nanoseconds: number): number =>
  Number.isNaN(nanoseconds) ? 0 : Math.max(0, nanoseconds / 1e9 - resolution / 1000)

const openFiles = (): number => {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

const durationName = 'mintmark_request_duration_seconds'

/** Our own buckets in the Prometheus text format, where they are cumulative: prom-client would count each request itself. */
const durationLines = (statistics: Statistics): string => {
  const lines = [
    `# HELP ${durationName} Time from a request being read to its answer being made.`,
    `# TYPE ${durationName} histogram`,
  ]
  for (const [endpoint, { counts, sum }] of statistics.durations) {
    let total = 0
    counts.forEach((count, index) => {
      total += count
      lines.push(`${durationName}_bucket{endpoint="${endpoint}",le="${durationBounds[index] ?? '+Inf'}"} ${total}`)
    })
    lines.push(
      `${durationName}_sum{endpoint="${endpoint}"} ${sum}`,
      `${durationName}_count{endpoint="${endpoint}"} ${total}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/**
 * The metrics of this server, in a registry of its own. Nothing is computed before somebody reads.
 * @param load of the store: its audit queue and commits
 * @param cacheSizes entries by cache
 * @param contact what is known of the store without asking it
 * @param spool audit events that wait on the disk
 * @param late answers that were not ready in time, by kind
 * @param loadShedding requests that are worked on, that wait, and that were refused for want of room, by kind; connections held back
 */
export const createMetrics = ({
  statistics,
  load,
  cacheSizes,
  loadShedding,
  late,
  contact,
  spool,
  version,
}: {
  readonly statistics: Statistics
  readonly load: () => AuditLoad
  readonly cacheSizes: () => Readonly<Record<string, number>>
  readonly loadShedding: { readonly loads: () => Readonly<Record<string, KindLoad>>; readonly held: () => number }
  readonly late: () => ReadonlyMap<string, LateLoad>
  readonly contact: () => StoreContact
  readonly spool: () => SpoolLoad
  readonly version: string
}): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  const eventLoop = monitorEventLoopDelay({ resolution })
  eventLoop.enable()

  const counter = (name: string, help: string, labelNames: readonly string[], counts: Labelled): void => {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of counts) {
          const values = labels.split(' ')
          this.inc(Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ''])), value)
        }
      },
    })
  }
  const total = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }

  const labelled = (name: string, help: string, label: string, values: Labelled): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [value, amount] of values) this.set({ [label]: value }, amount)
      },
    })
  }

  counter('mintmark_requests_total', 'Requests answered.', ['endpoint', 'outcome'], statistics.requests)
  counter('mintmark_tokens_issued_total', 'Access tokens issued.', ['grant', 'format'], statistics.tokens)
  counter(
    'mintmark_connection_problems_total',
    'Connections and requests turned away before any endpoint saw them.',
    ['listener', 'problem'],
    statistics.connectionProblems,
  )
  counter(
    'mintmark_limited_total',
    'Requests refused with 429, by the limit they are beyond.',
    ['limit'],
    statistics.limited,
  )
  counter(
    'mintmark_limit_blocks_total',
    'Times that a limit began to refuse; each is an audit event.',
    ['limit'],
    statistics.limitBlocks,
  )
  counter('mintmark_background_tasks_total', 'Background tasks run.', ['task', 'outcome'], statistics.tasks)
  counter(
    'mintmark_client_key_rollovers_total',
    'Keys that clients rolled over by themselves; frozen: two successors of one key, so that somebody else has it.',
    ['outcome'],
    statistics.keyRollovers,
  )
  total(
    'mintmark_endpoint_audience_assertions_total',
    'Client assertions whose audience was the token endpoint instead of the issuer, by clients that may still do so.',
    statistics.endpointAudiences,
  )
  total('mintmark_audit_events_total', 'Audit events made durable.', () => load().events)
  total('mintmark_audit_commits_total', 'Commits that made audit events durable.', () => load().commits)
  total('mintmark_audit_commit_seconds_total', 'Time those commits took.', () => load().commitSeconds)
  total('mintmark_audit_commit_failures_total', 'Commits of audit events that failed.', () => load().failures)
  counter('mintmark_credential_notices_total', 'Ends of credentials announced.', ['type'], statistics.notices)
  gauge(
    'mintmark_rotations_in_use',
    'Rotations under way whose old credentials were used within three token lifetimes.',
    statistics.rotationsInUse,
  )
  labelled('mintmark_credentials_expiring', 'Credentials that end within a time.', 'within', statistics.expiring)
  counter('mintmark_webhook_deliveries_total', 'Attempts to tell webhooks.', ['outcome'], statistics.deliveries)
  labelled('mintmark_webhooks', 'Webhooks by how they do.', 'state', statistics.webhooks)
  labelled('mintmark_webhook_messages', 'Messages that were not taken.', 'state', statistics.webhookMessages)
  gauge('mintmark_audit_queue', 'Audit events that wait for a commit.', () => load().queued)
  gauge(
    'mintmark_store_news_age_seconds',
    'Age of the newest moment up to which every change of any node is known.',
    () => Math.min(contact().newsAge / 1000, process.uptime()),
  )
  gauge('mintmark_store_unreachable', 'Whether it was tried in vain within 5 seconds to reach the store.', () =>
    contact().unreachable ? 1 : 0,
  )
  gauge(
    'mintmark_clock_ahead_seconds',
    'By how much the clock of this node is ahead of that of the store.',
    () => contact().clockAhead / 1000,
  )
  gauge('mintmark_audit_spool_events', 'Audit events on the disk of this node.', () => spool().events)
  gauge('mintmark_audit_spool_bytes', 'Room they take.', () => spool().bytes)
  gauge('mintmark_audit_spool_age_seconds', 'Age of the oldest of them.', () => spool().age)
  total('mintmark_audit_spooled_total', 'Audit events that went to the disk of this node.', () => spool().spooled)
  total('mintmark_audit_delivered_total', 'Audit events delivered from there to the store.', () => spool().delivered)
  total(
    'mintmark_audit_spool_refused_total',
    'Audit events that had no room there, or came too late.',
    () => spool().refused,
  )
  const lateBy = (read: (load: LateLoad) => number): Labelled => ({
    [Symbol.iterator]: () => [...late()].map(([kind, load]) => [kind, read(load)] as const)[Symbol.iterator](),
  })
  counter(
    'mintmark_requests_late_total',
    'Requests whose caller was told that it takes too long; they went on.',
    ['kind'],
    lateBy((load) => load.late),
  )
  counter(
    'mintmark_requests_late_done_total',
    'Of those: done after all, without their caller knowing.',
    ['kind'],
    lateBy((load) => load.done),
  )
  labelled(
    'mintmark_requests_abandoned',
    'Of those: still worked on.',
    'kind',
    lateBy((load) => load.abandoned),
  )
  const byKind = (name: string, help: string, read: (load: KindLoad) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        for (const [kind, held] of Object.entries(loadShedding.loads())) this.set({ kind }, read(held))
      },
    })
  }
  byKind('mintmark_requests_in_flight', 'Requests that are worked on.', ({ inFlight }) => inFlight)
  byKind('mintmark_requests_waiting', 'Requests that wait for their turn.', ({ waiting }) => waiting)
  gauge('mintmark_connections_held', 'Connections that are not read for a while.', loadShedding.held)
  new Counter({
    name: 'mintmark_requests_shed_total',
    help: 'Requests refused for want of room, before any endpoint saw them.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, { refused }] of Object.entries(loadShedding.loads())) this.inc({ kind }, refused)
    },
  })
  new Gauge({
    name: 'mintmark_cache_entries',
    help: 'Entries of the caches.',
    labelNames: ['cache'],
    registers,
    collect() {
      for (const [cache, size] of Object.entries(cacheSizes())) this.set({ cache }, size)
    },
  })
  new Gauge({ name: 'mintmark_info', help: 'The version.', labelNames: ['version', 'node'], registers }).set(
    { version, node: process.versions.node },
    1,
  )
  total('process_cpu_seconds_total', 'User and system time.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('process_start_time_seconds', 'Start of the process, since the epoch.', () => performance.timeOrigin / 1000)
  gauge('process_open_fds', 'Open file descriptors.', openFiles)
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed)
  gauge('nodejs_eventloop_lag_mean_seconds', 'Mean delay of the event loop since the last reading.', () =>
    delayOf(eventLoop.mean),
  )
  gauge('nodejs_eventloop_lag_p99_seconds', 'Delay of the event loop, 99th percentile since the last reading.', () => {
    const delay = delayOf(eventLoop.percentile(99))
    eventLoop.reset()
    return delay
  })

  return {
    read: async () => `${await registry.metrics()}\n${durationLines(statistics)}`,
    contentType: registry.contentType,
    close: () => eventLoop.disable(),
  }
}
