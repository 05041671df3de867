import type { Scenario } from './scenario.ts'
import { databaseStopped } from './scenarios/database-stopped.ts'
import { goingOnWithout } from './scenarios/going-on-without.ts'
import { nodeKilled } from './scenarios/node-killed.ts'
import { rollingRestart } from './scenarios/rolling-restart.ts'

/** Everything that is done to the nodes, in this order. */
export const scenarios: readonly Scenario[] = [rollingRestart, nodeKilled, databaseStopped, goingOnWithout]
