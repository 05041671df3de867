import { after, before, test } from 'node:test'
import { type Cluster, startCluster } from './cluster.ts'
import { haproxyProgram } from './load-balancer.ts'
import { runScenario } from './run-scenario.ts'
import { scenarios } from './scenarios.ts'

const { skip } = await haproxyProgram()

let cluster: Cluster
const endings: (() => void | Promise<void>)[] = []
before(async () => {
  if (skip === false) cluster = await startCluster({ after: (action) => void endings.push(action) })
})
after(async () => {
  // What is waited for here does not keep a process alive by itself.
  const alive = setInterval(() => {}, 1000)
  for (const end of endings.toReversed()) await end()
  clearInterval(alive)
})

// All of them are known before the first begins.
const tests = await Promise.all(
  scenarios.map(async (scenario) => ({
    scenario,
    reason: skip === false ? ((await scenario.skip?.()) ?? false) : skip,
  })),
)
for (const { scenario, reason } of tests) {
  test(scenario.name, { skip: reason }, async (t) => {
    await runScenario(scenario, { cluster, scale: 1, report: (line) => t.diagnostic(line), context: t })
  })
}
