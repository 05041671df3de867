import { expiryNoticesTask } from '../background/expiry-notices.ts'
import { housekeepingTasks } from '../background/housekeeping.ts'
import type { BackgroundTask } from '../background/scheduler.ts'
import { type CredentialUses, credentialUseInterval } from '../client-auth/credential-use.ts'
import type { KeyRotation } from '../keys/rotate.ts'
import type { TendCredentials } from '../registry/credential-care.ts'
import type { Revocations } from '../registry/revocations.ts'
import type { AppDependencies } from './dependencies.ts'

/** How often rotations that have ended and credentials that were retired long ago are looked for, in milliseconds. */
const credentialCareInterval = 600_000

/** How often the schedules of keys are looked at, in milliseconds. */
const keyScheduleInterval = 60_000

/** What the application does by itself. */
export const createTasks = ({
  store,
  clock,
  log,
  statistics,
  auditRetention,
  runKeySchedule,
  flushCredentialUses,
  tendCredentials,
  purgeRevocations,
}: Pick<AppDependencies, 'store' | 'clock' | 'log' | 'statistics' | 'auditRetention'> & {
  readonly runKeySchedule: KeyRotation['runSchedule']
  readonly flushCredentialUses: CredentialUses['flushSome']
  readonly tendCredentials: TendCredentials
  readonly purgeRevocations: Revocations['purge']
}): readonly BackgroundTask[] => [
  { name: 'key-schedule', interval: keyScheduleInterval, atStart: true, forgets: false, run: runKeySchedule },
  {
    name: 'credential-use',
    interval: credentialUseInterval,
    everywhere: true,
    forgets: false,
    run: flushCredentialUses,
  },
  expiryNoticesTask({ store, clock, statistics }),
  {
    name: 'credential-care',
    interval: credentialCareInterval,
    forgets: true,
    run: async (stopped) => statistics.setRotationsInUse(await tendCredentials(stopped)),
  },
  ...housekeepingTasks({ store, purgeRevocations, auditRetention, clock, log }),
]
