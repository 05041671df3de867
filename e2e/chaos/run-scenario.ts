import { type Cluster, mend } from './cluster.ts'
import { checkInvariants } from './invariants.ts'
import { createJournal } from './journal.ts'
import { quietTime } from './observe.ts'
import type { Scenario, Surroundings } from './scenario.ts'
import { startTraffic } from './traffic.ts'

/** Milliseconds in which every request must be answered well before and after. */
const quiet = 1500

let count = 0

/** Runs a scenario under traffic, and then looks whether what always holds held. */
export const runScenario = async (
  scenario: Scenario,
  { cluster, scale, report, context }: Omit<Surroundings, 'journal'> & { readonly cluster: Cluster },
): Promise<void> => {
  count += 1
  await mend(cluster)
  const journal = createJournal()
  const traffic = startTraffic(cluster, journal, `chaos-${count}`)
  try {
    await quietTime(journal, quiet)
    await scenario.run({ cluster, journal, scale, report, context })
    await quietTime(journal, quiet)
  } finally {
    await traffic.stop()
  }
  await checkInvariants(cluster, journal, scenario.staleLimit ?? 1000)
  const worst = Math.round(Math.max(0, ...journal.stale.map(({ after }) => after)))
  report(
    `${journal.answers.length} requests, ${journal.issued.size} tokens; revoked and still accepted: at most ${worst} ms after`,
  )
}
