/**
 * npm run chaos: the scenarios of the tests in their long form, round after round in a random order, longer each.
 *
 *   npm run chaos                              10 minutes
 *   npm run chaos -- --minutes 60 --seed 7     for long, in the order that a run printed
 *   npm run chaos -- killed clock              scenarios whose names contain one of the words
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startCluster } from './cluster.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    scale: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
})

/** Numbers from 0 to 1 that a seed leads to (mulberry32). */
const numbersOf = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const shuffled = (all: readonly Scenario[], random: () => number): readonly Scenario[] =>
  all
    .map((scenario) => ({ scenario, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ scenario }) => scenario)

const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`)

const endings: (() => void | Promise<void>)[] = []
const context = { after: (action: () => void | Promise<void>) => void endings.push(action) }
const chosen = scenarios.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const until = performance.now() + Number(values.minutes) * 60_000
const random = numbersOf(Number(values.seed))
let failed = 0
say(`seed ${values.seed}, ${chosen.length} scenarios, ${values.minutes} minutes`)
try {
  const cluster = await startCluster(context)
  while (chosen.length > 0 && performance.now() < until) {
    for (const scenario of shuffled(chosen, random)) {
      if (performance.now() >= until) break
      const reason = (await scenario.skip?.()) ?? false
      if (reason !== false) {
        say(`NOT RUN: ${scenario.name}: ${reason}`)
        continue
      }
      say(scenario.name)
      try {
        await runScenario(scenario, {
          cluster,
          scale: Number(values.scale),
          report: (line) => say(`  ${line}`),
          context,
        })
      } catch (error) {
        failed += 1
        say(`  FAILED: ${error instanceof Error ? error.stack : String(error)}`)
        // What it broke may mend by itself; the next scenario begins with a cluster that answers, or says that it does not.
        await pause(15_000)
      }
    }
  }
} finally {
  const alive = setInterval(() => {}, 1000)
  for (const end of endings.toReversed()) await end()
  clearInterval(alive)
}
say(`${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
