import type { ContenderOptions, RunningContender } from './contenders/target.ts'
import type { DatabaseUsage } from './database/bench-database.ts'
import type { LoadProcess } from './load/load-process.ts'
import type { Run } from './load/messages.ts'
import { readMachineCpuMicros, readProcessUsage } from './process-usage.ts'
import { fetchTokens, introspectionRequests, provenRequests, tokenRequests } from './requests.ts'
import type { Scenario } from './scenarios.ts'

/** Tokens that an introspection scenario asks about, at random; node-oidc-provider's adapter would forget more than a thousand. */
const manyTokens = 500

/** One scenario in one round. CPU is that of the process, all threads; memory that of the server. */
export type Measurement = {
  readonly scenario: string
  readonly round: number
  readonly requests: number
  readonly seconds: number
  readonly requestsPerSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly cpuMicrosPerRequest: number
  readonly loadCpuMicrosPerRequest: number
  /** Cores kept busy by processes that are not ours: what disturbed the measurement. */
  readonly otherCores: number
  readonly residentBytes: number
  /** Highest resident memory since the server started. */
  readonly peakBytes: number
  /** What the run cost the database, where the server has one of its own. */
  readonly database?: DatabaseCost
}

/** Of one request, but `requestsPerCommit`. */
export type DatabaseCost = {
  readonly cpuMicros: number
  readonly walBytes: number
  readonly storedBytes: number
  readonly requestsPerCommit: number
}

export type PreparedScenario = {
  readonly scenario: Scenario
  readonly contender: RunningContender
  /** Different requests: one for each client, or for each token asked about. */
  readonly variety: number
  /**
   * Makes requests for the next run and says how it must send them: nothing to do and to say where a request can be sent
   * again. Takes its time, outside of every run.
   * @param count how many the run may send
   */
  readonly renew: (count: number) => Promise<Pick<Run, 'count' | 'inOrder'>>
}

/** Starts the scenario's server and hands its requests to the load process. The caller stops the contender. */
export const prepareScenario = async (
  scenario: Scenario,
  load: LoadProcess,
  options: ContenderOptions,
  introspectedTokens = manyTokens,
): Promise<PreparedScenario> => {
  const { authentication, keyAlgorithm, dpop = false } = scenario
  const contender = await scenario.start({
    ...options,
    clients: scenario.clients ?? options.clients,
    ...(authentication === undefined ? {} : { authentication, keyAlgorithm }),
  })
  try {
    const { target } = contender
    const expect = scenario.kind === 'token' ? '"access_token":"' : '"active":true'
    const prepare = (requests: readonly string[]) =>
      load.prepare({ name: scenario.name, port: target.port, requests, expect })
    if (authentication === 'private_key_jwt' || dpop) {
      const make = provenRequests(target, scenario.api, dpop)
      const renew = async (count: number) => {
        await prepare(make(count))
        return { count, inOrder: true }
      }
      return { scenario, contender, variety: target.clients.length, renew }
    }
    const requests =
      scenario.kind === 'token'
        ? tokenRequests(target, scenario.api)
        : introspectionRequests(target, await fetchTokens(target, scenario.api, introspectedTokens))
    await prepare(requests)
    return { scenario, contender, variety: requests.length, renew: async () => ({}) }
  } catch (error) {
    await contender.stop()
    throw error
  }
}

/** What a measurement needs to know of what it measures. */
export type Measured = {
  readonly scenario: Pick<Scenario, 'name'>
  readonly contender: Pick<RunningContender, 'pid' | 'databaseUsage'>
}

/** Runs the load once and reads what it cost. Throws if a single answer was not as expected: a fast wrong answer is worth nothing. */
export const measure = async (
  { scenario, contender }: Measured,
  load: LoadProcess,
  round: number,
  run: Omit<Run, 'kind' | 'name'>,
): Promise<Measurement> => {
  const readAll = () => ({
    server: readProcessUsage(contender.pid),
    load: readProcessUsage(load.pid),
    machineCpuMicros: readMachineCpuMicros(),
    time: performance.now(),
  })
  const databaseBefore = await contender.databaseUsage?.()
  const before = readAll()
  const result = await load.run({ ...run, name: scenario.name })
  const after = readAll()
  const databaseAfter = await contender.databaseUsage?.()
  const serverCpuMicros = after.server.cpuMicros - before.server.cpuMicros
  const loadCpuMicros = after.load.cpuMicros - before.load.cpuMicros
  const database = databaseBefore && databaseAfter && costOf(databaseBefore, databaseAfter, result.requests)
  const databaseCpuMicros = (database?.cpuMicros ?? 0) * result.requests
  const otherCpuMicros =
    after.machineCpuMicros - before.machineCpuMicros - serverCpuMicros - loadCpuMicros - databaseCpuMicros
  if (result.failures > 0 || result.requests === 0) {
    throw new Error(
      `${scenario.name}: ${result.failures} of ${result.requests} answers wrong, first:\n${result.firstFailure}`,
    )
  }
  return {
    scenario: scenario.name,
    round,
    requests: result.requests,
    seconds: result.seconds,
    requestsPerSecond: result.requests / result.seconds,
    p50Millis: result.p50Millis,
    p99Millis: result.p99Millis,
    cpuMicrosPerRequest: serverCpuMicros / result.requests,
    loadCpuMicrosPerRequest: loadCpuMicros / result.requests,
    otherCores: Math.max(0, otherCpuMicros / 1000 / (after.time - before.time)),
    residentBytes: after.server.residentBytes,
    peakBytes: after.server.peakBytes,
    ...(database === undefined ? {} : { database }),
  }
}

const costOf = (before: DatabaseUsage, after: DatabaseUsage, requests: number): DatabaseCost => ({
  cpuMicros: (after.cpuMicros - before.cpuMicros) / requests,
  walBytes: (after.walBytes - before.walBytes) / requests,
  storedBytes: (after.storedBytes - before.storedBytes) / requests,
  requestsPerCommit: requests / Math.max(1, after.commits - before.commits),
})
