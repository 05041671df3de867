import { gateways as allGateways } from '../gateways/gateways.ts'
import { addressList, loopback } from '../operation/addresses.ts'
import { readTableFile } from '../operation/check-table.ts'
import { createDecisionPoint, type DecisionPoint } from '../operation/decision-point.ts'
import { createListener, type Place } from '../operation/listener.ts'
import { failure, type Log, silentLog } from '../operation/log.ts'
import { createOperations } from '../operation/operations.ts'
import { OptionError } from '../operation/option-error.ts'
import { createStatistics, type Statistics } from '../operation/statistics.ts'
import { watchFiles } from '../operation/watch-files.ts'
import { createVerifierHandler } from './verifier-handler.ts'

/** Where the route table is: a file, which is watched, or its text, YAML or JSON. */
export type Routes = { readonly file: string } | { readonly text: string; readonly file?: string }

/** What gateway and proxy take; everything but the routes has a default. */
export type CommonOptions = {
  readonly routes: Routes
  /** Default: nobody reads it. */
  readonly log?: Log | undefined
  /** Where `env:` in the table finds secrets. Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Milliseconds between two looks at the file. Default 1000. */
  readonly watchInterval?: number | undefined
  /** Milliseconds for one request to an issuer. Default 5000. */
  readonly timeout?: number | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

export type GatewayOptions = CommonOptions & {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: Place | undefined
  /** Addresses and ranges that may ask. Default: this machine. */
  readonly peers?: readonly string[] | undefined
  /** Names of the gateways that may ask. Default: all there are. */
  readonly only?: readonly string[] | undefined
}

/** A gateway or proxy that listens. */
export type Running = {
  readonly url: string
  /** Reads the table again; a bad one is refused and the one in use stays. @returns whether it was taken */
  readonly reload: () => boolean
  /** The metrics, in the Prometheus text format. */
  readonly metrics: () => string
  /**
   * Stops accepting and answers what was accepted.
   * @returns how many connections were cut because they had not finished within `timeout` milliseconds (default 15 000)
   */
  readonly close: (options?: { readonly timeout?: number }) => Promise<{ readonly cut: number }>
}

/** Time accepted requests have to finish when we stop, in milliseconds. */
export const drainTimeout = 15_000

/** Sets up what gateway and proxy share: the decision, and the watch over the table's file. */
export const setUp = (
  options: CommonOptions,
  stripsHeaders: boolean,
): {
  point: DecisionPoint
  statistics: Statistics
  log: Log
  watch: (more?: readonly string[], onChange?: () => void) => () => void
} => {
  const { routes, log = silentLog, watchInterval = 1000 } = options
  const statistics = createStatistics()
  const table =
    'text' in routes
      ? { file: routes.file ?? 'routes.yaml', read: () => routes.text }
      : { file: routes.file, read: () => readTableFile(routes.file) }
  const point = createDecisionPoint({
    table,
    stripsHeaders,
    log,
    statistics,
    environment: options.environment ?? process.env,
    fetch: options.fetch ?? globalThis.fetch,
    currentTime: options.currentTime ?? Date.now,
    now: options.now ?? (() => performance.now()),
    timeout: options.timeout ?? 5000,
  })
  const watched = () => [...('text' in routes ? [] : [routes.file]), ...point.files()]
  const reload = (): void => void point.reload()
  return {
    point,
    statistics,
    log,
    watch: (more = [], onChange = reload) => watchFiles(() => [...watched(), ...more], watchInterval, onChange),
  }
}

/**
 * Starts the verifier that gateways ask.
 * @throws TableError for a bad table, OptionError for unknown gateways or peers, or the listener's error
 */
export const startGateway = async (options: GatewayOptions): Promise<Running> => {
  const { listen = { host: '127.0.0.1', port: 0 }, peers = loopback, only } = options
  const gateways = only === undefined ? allGateways : only.map(gatewayNamed)
  const { point, statistics, log, watch } = setUp(options, false)
  const answer = createVerifierHandler({ gateways, peers: addressList(peers), point, log, statistics })
  const operations = createOperations({ statistics, draining: () => listener.draining() })
  const listener = createListener({
    place: listen,
    maximumHeaders: 65_536,
    maximumConnections: 10_000,
    requestTimeout: 30_000,
    handle: (request, response) => {
      if (operations(request, response)) return
      answer(request, response).catch((error: unknown) => {
        log.error('question not answered', failure(error))
        response.destroy()
      })
    },
  })
  const url = await listener.listen()
  const unwatch = watch()
  await point.prepare()
  return {
    url,
    reload: point.reload,
    metrics: statistics.text,
    close: async ({ timeout = drainTimeout } = {}) => {
      unwatch()
      return { cut: await listener.close(timeout) }
    },
  }
}

const gatewayNamed = (name: string) => {
  const found = allGateways.find((gateway) => gateway.name === name)
  if (found === undefined)
    throw new OptionError(`${name} is no gateway: there are ${allGateways.map((one) => one.name).join(', ')}`)
  return found
}
