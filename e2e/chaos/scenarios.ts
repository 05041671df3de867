import type { Scenario } from './scenario.ts'
import { clockJumps } from './scenarios/clock-jumps.ts'
import { clockSkewed } from './scenarios/clock-skewed.ts'
import { connectionCount } from './scenarios/connection-count.ts'
import { databaseDiskFull } from './scenarios/database-disk-full.ts'
import { databaseFailover } from './scenarios/database-failover.ts'
import { databaseReadOnly } from './scenarios/database-read-only.ts'
import { databaseSlow } from './scenarios/database-slow.ts'
import { databaseStopped } from './scenarios/database-stopped.ts'
import { diskFull } from './scenarios/disk-full.ts'
import { goingOnWithout } from './scenarios/going-on-without.ts'
import { leaderLost } from './scenarios/leader-lost.ts'
import { newsLost } from './scenarios/news-lost.ts'
import { newsSpread } from './scenarios/news-spread.ts'
import { nodeFrozen } from './scenarios/node-frozen.ts'
import { nodeKilled } from './scenarios/node-killed.ts'
import { onceEverywhere } from './scenarios/once-everywhere.ts'
import { rollingRestart } from './scenarios/rolling-restart.ts'

/** Everything that is done to the nodes, in this order. */
export const scenarios: readonly Scenario[] = [
  newsSpread,
  onceEverywhere,
  rollingRestart,
  connectionCount,
  nodeKilled,
  nodeFrozen,
  leaderLost,
  newsLost,
  clockSkewed,
  clockJumps,
  databaseSlow,
  databaseReadOnly,
  databaseStopped,
  databaseFailover,
  databaseDiskFull,
  goingOnWithout,
  diskFull,
]
