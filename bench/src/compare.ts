import type { ContenderOptions } from './contenders/target.ts'
import { startLoadProcess } from './load/load-process.ts'
import { type Measurement, measure, type PreparedScenario, prepareScenario } from './measure.ts'
import type { Scenario } from './scenarios.ts'

export type CompareOptions = {
  readonly rounds: number
  /** Length of each measured run. */
  readonly seconds: number
  /** Length of the run before the first round, which compiles the hot code and fills the caches; not measured. */
  readonly warmUpSeconds: number
  readonly concurrency: number
  readonly contender: ContenderOptions
  readonly progress: (line: string) => void
}

/** Requests a second that a first run may send, where each can be sent but once; it ends earlier when they are used up. */
const firstGuess = 3000
/** How many more than the last run sent a run may send. */
const headroom = 1.5

/**
 * Measures the scenarios interleaved, A B C A B C …, so that whatever else the machine does falls on all of them alike.
 * Every process is stopped before this returns or throws.
 */
export const compare = async (
  scenarios: readonly Scenario[],
  { rounds, seconds, warmUpSeconds, concurrency, contender, progress }: CompareOptions,
): Promise<readonly Measurement[]> => {
  const load = startLoadProcess()
  const prepared: PreparedScenario[] = []
  const rates = new Map<PreparedScenario, number>()
  const run = async (next: PreparedScenario, round: number, length: number): Promise<Measurement> => {
    const limit = await next.renew(Math.ceil((rates.get(next) ?? firstGuess) * headroom * length))
    const measured = await measure(next, load, round, { concurrency, seconds: length, ...limit })
    rates.set(next, measured.requestsPerSecond)
    return measured
  }
  try {
    for (const scenario of scenarios) {
      progress(`starting ${scenario.name}`)
      const next = await prepareScenario(scenario, load, contender)
      prepared.push(next)
      // Each client once: what a first use costs is paid once, and no part of what a token costs from then on.
      await next.renew(next.variety)
      await measure(next, load, 0, { concurrency, count: next.variety, inOrder: true })
      await run(next, 0, warmUpSeconds)
    }
    const measurements: Measurement[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const next of prepared) {
        progress(`round ${round} of ${rounds}: ${next.scenario.name}`)
        measurements.push(await run(next, round, seconds))
      }
    }
    return measurements
  } finally {
    await Promise.all([load.stop(), ...prepared.map(({ contender }) => contender.stop())])
  }
}
