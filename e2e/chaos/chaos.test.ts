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
  for (const end of endings.toReversed()) await end()
})

for (const scenario of scenarios) {
  test(scenario.name, { skip: skip === false ? ((await scenario.skip?.()) ?? false) : skip }, async (t) => {
    await runScenario(scenario, { cluster, scale: 1, report: (line) => t.diagnostic(line), context: t })
  })
}
