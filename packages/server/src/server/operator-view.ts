import { readFileSync } from 'node:fs'
import type { AuditSpool } from '../audit/spool.ts'
import type { LoadShedding } from '../http/load-shedding.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createOperations } from '../operations/operations.ts'
import { createReadiness, type Readiness } from '../operations/readiness.ts'
import type { Statistics } from '../operations/statistics.ts'
import { type Store, StoreUnavailableError } from '../store/store.ts'
import type { AwaitedApp } from './awaited-app.ts'

/** What operators and their machinery see of a server: health, metrics, versions. */
export type OperatorView = {
  readonly version: string
  readonly readiness: Readiness
  /** Answers what operators ask; undefined for anything else. */
  readonly answer: (request: HttpRequest) => Promise<HttpResponse | undefined>
  readonly close: () => void
}

/** The version of this package. */
const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

export const createOperatorView = ({
  store,
  spool,
  app,
  statistics,
  loadShedding,
  deadlines,
  elapsed,
  log,
}: {
  readonly store: Store
  readonly spool: AuditSpool
  readonly app: AwaitedApp
  readonly statistics: Statistics
  readonly loadShedding: LoadShedding
  readonly deadlines: Deadlines
  readonly elapsed: () => number
  readonly log: Log
}): OperatorView => {
  const version = packageVersion()
  const metrics = createMetrics({
    statistics,
    load: store.audit.load,
    cacheSizes: () => app.ifMade()?.cacheSizes() ?? {},
    loadShedding,
    late: deadlines.loads,
    contact: store.contact,
    spool: spool.load,
    version,
  })
  // While some workspace is served, a load balancer must not leave its clients without.
  const unlessGoingOn = (check: () => Promise<unknown>) => async (): Promise<unknown> =>
    check().catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError) || app.ifMade()?.goesOn() !== true) throw error
    })
  /** @throws when the clock of this node is the wrong one, as most others see it */
  const checkClock = async (): Promise<void> => {
    const { clockAside, clockAhead } = store.contact()
    if (!clockAside) return
    const seconds = Math.round(Math.abs(clockAhead) / 1000)
    throw new Error(
      `most clocks differ from that of this node, which is ${seconds} s ${clockAhead < 0 ? 'behind' : 'ahead of'} the database's`,
    )
  }
  const readiness = createReadiness({
    checks: [
      { name: 'store', run: unlessGoingOn(() => store.maintenance.checkWritable()) },
      { name: 'keys', run: unlessGoingOn(async () => (await app.whenMade()).checkKeys()) },
      { name: 'clock', run: checkClock },
    ],
    elapsed,
    log,
  })
  const versions = { version, node: process.versions.node, sqlite: process.versions.sqlite ?? '' }
  return {
    version,
    readiness,
    answer: createOperations({ readiness, metrics, versions }),
    close: metrics.close,
  }
}
