/** Five times the load a server can carry, at a rate of its own: what still comes through, and what becomes of the rest. */
import { seedMintmark, serveMintmark } from '../contenders/mintmark.ts'
import { type LoadProcess, startLoadProcess } from '../load/load-process.ts'
import type { OpenLoopResult } from '../load/messages.ts'
import type { BenchOptions } from '../options.ts'
import type { PartResult } from '../parts.ts'
import { readProcessUsage } from '../process-usage.ts'
import { tokenRequests } from '../requests.ts'
import type { Overload, Peak, Stage } from './figures.ts'
import { judgeOverload } from './judge-overload.ts'
import { pin } from './pin.ts'
import { startPolite } from './polite.ts'
import { startProbes } from './probe.ts'

const scenario = 'mintmark es256'
const times = 5
/** Connections of each load process, and how many of these there are. */
const connections = 500
const loadProcesses = 4
/** Of the capacity, when the overload is over. */
const share = 0.5

const combine = (
  results: readonly OpenLoopResult[],
  seconds: number,
): Omit<Stage, 'cores' | 'cpuMicrosPerToken' | 'peakBytes' | 'health' | 'polite'> => {
  const sum = (read: (result: OpenLoopResult) => number): number => results.map(read).reduce((a, b) => a + b, 0)
  const worst = (read: (result: OpenLoopResult) => number): number =>
    Math.max(...results.map(read).filter((value) => !Number.isNaN(value)))
  return {
    offeredPerSecond: sum(({ offered }) => offered) / seconds,
    answeredPerSecond: sum(({ answered }) => answered) / seconds,
    refusedPerSecond: sum(({ refused }) => refused) / seconds,
    unanswered: sum(({ unanswered }) => unanswered),
    withoutRetryAfter: sum(({ withoutRetryAfter }) => withoutRetryAfter),
    okP50Millis: worst(({ okP50Millis }) => okP50Millis),
    okP99Millis: worst(({ okP99Millis }) => okP99Millis),
    refusedP50Millis: worst(({ refusedP50Millis }) => refusedP50Millis),
    refusedP99Millis: worst(({ refusedP99Millis }) => refusedP99Millis),
  }
}

const render = (name: string, stage: Stage): string =>
  [
    `${name}: ${stage.offeredPerSecond.toFixed(0)} offered a second, ${stage.answeredPerSecond.toFixed(0)} tokens,`,
    `${stage.cpuMicrosPerToken.toFixed(1)} µs CPU each, ${stage.cores.toFixed(2)} cores, ${stage.refusedPerSecond.toFixed(0)} refused, ${stage.unanswered} never answered;`,
    `token p50 ${stage.okP50Millis.toFixed(1)} ms, p99 ${stage.okP99Millis.toFixed(1)} ms;`,
    `refusal p50 ${stage.refusedP50Millis.toFixed(1)} ms, p99 ${stage.refusedP99Millis.toFixed(1)} ms;`,
    `${stage.polite.refused} refusals of callers that obey, p99 ${stage.polite.refusedP99Millis.toFixed(1)} ms;`,
    `health p99 ${stage.health.p99Millis.toFixed(1)} ms, at most ${stage.health.maximumMillis.toFixed(1)} ms;`,
    `peak ${(stage.peakBytes / 1e6).toFixed(0)} MB`,
  ].join(' ')

/** The best of several numbers of connections, each for a while: more of them do not make a server faster. */
const measurePeak = async (load: LoadProcess, pid: number, seconds: number): Promise<Peak> => {
  let peak: Peak = { perSecond: 0, cores: 0, cpuMicrosPerToken: 0, peakBytes: 0 }
  for (const concurrency of [32, 32, 64, 128]) {
    const before = readProcessUsage(pid)
    const result = await load.run({ name: scenario, concurrency, seconds })
    const after = readProcessUsage(pid)
    const cpuMicros = after.cpuMicros - before.cpuMicros
    if (result.failures > 0) throw new Error(`${result.failures} answers wrong:\n${result.firstFailure}`)
    const perSecond = result.requests / result.seconds
    if (perSecond > peak.perSecond) {
      peak = {
        perSecond,
        cores: cpuMicros / 1e6 / result.seconds,
        cpuMicrosPerToken: cpuMicros / result.requests,
        peakBytes: after.peakBytes,
      }
    }
  }
  return peak
}

/**
 * The server has one processor to itself and the callers another, so that those who ask too much do not take what answering needs.
 */
export const overloadPart = async (options: BenchOptions, progress: (line: string) => void): Promise<PartResult> => {
  const { seconds, clients } = options
  const data = await seedMintmark(clients)
  const loads = Array.from({ length: loadProcesses }, startLoadProcess)
  try {
    const server = await serveMintmark(data, options)
    try {
      pin(server.pid, 0)
      for (const { pid } of loads) pin(pid, 1)
      const { port } = server.target
      const requests = tokenRequests(server.target, 'es256')
      const set = { name: scenario, port, requests, expect: '"access_token":"' }
      await Promise.all(loads.map((load) => load.prepare(set)))

      const stage = async (perSecond: number): Promise<Stage> => {
        const probes = startProbes(server.adminPort)
        const polite = await startPolite(port, requests)
        const rate = perSecond / loads.length
        const before = readProcessUsage(server.pid)
        const results = await Promise.all(
          loads.map((load) => load.runOpenLoop({ name: scenario, connections, perSecond: rate, seconds })),
        )
        const politeTimes = polite.stop()
        const health = await probes.stop()
        const { cpuMicros, peakBytes } = readProcessUsage(server.pid)
        const used = cpuMicros - before.cpuMicros
        const combined = combine(results, seconds)
        return {
          ...combined,
          cores: used / 1e6 / seconds,
          cpuMicrosPerToken: used / (combined.answeredPerSecond * seconds),
          peakBytes,
          health,
          polite: politeTimes,
        }
      }
      progress('peak')
      const peak = await measurePeak(loads[0] as LoadProcess, server.pid, seconds)
      progress(`${times} times as much`)
      const overload = await stage(times * peak.perSecond)
      progress('afterwards')
      const after = await stage(share * peak.perSecond)
      const figures: Overload = { peak, overload, after }
      return {
        figures,
        text: [
          `${loadProcesses} load processes with ${connections} connections each, server and load on a processor each`,
          `peak: ${peak.perSecond.toFixed(0)} tokens a second, ${peak.cpuMicrosPerToken.toFixed(1)} µs CPU each, ${peak.cores.toFixed(2)} cores, ${(peak.peakBytes / 1e6).toFixed(0)} MB`,
          render(`${times} × peak`, overload),
          render(`then ${share} × peak`, after),
        ].join('\n'),
        verdicts: judgeOverload(figures),
      }
    } finally {
      await server.stop()
    }
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
    await data.remove()
  }
}
