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
  try {
    for (const scenario of scenarios) {
      progress(`starting ${scenario.name}`)
      const next = await prepareScenario(scenario, load, contender)
      prepared.push(next)
      // Each client once: what a first use costs is paid once, and no part of what a token costs from then on.
      await measure(next, load, 0, { concurrency, count: next.variety, inOrder: true })
      await measure(next, load, 0, { concurrency, seconds: warmUpSeconds })
    }
    const measurements: Measurement[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const next of prepared) {
        progress(`round ${round} of ${rounds}: ${next.scenario.name}`)
        measurements.push(await measure(next, load, round, { concurrency, seconds }))
      }
    }
    return measurements
  } finally {
    await Promise.all([load.stop(), ...prepared.map(({ contender }) => contender.stop())])
  }
}
