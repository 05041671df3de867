import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Revocations } from '../registry/revocations.ts'
import type { Store } from '../store/store.ts'
import { type BackgroundTask, purgeInBatches } from './scheduler.ts'

const minute = 60_000
const day = 86_400_000

/** What is over is kept this much longer, in milliseconds: a clock that is wrong by less brings no revoked token back. */
const margin = day

/**
 * The same for values that count once, which are kept in parts of an hour: clocks of two nodes may be this far apart, and the one
 * that is behind still takes a value that the one that purges holds to be over.
 */
const usedValuesMargin = 60 * minute

/** Milliseconds for which a caller of a credential is remembered that was not seen since. */
const callersKept = 90 * day

/**
 * The tasks that forget what is over: audit events beyond their retention, revocations of dead tokens, idempotency
 * keys, values that counted once, who used credentials long ago.
 * @param auditRetention days
 */
export const housekeepingTasks = ({
  store,
  purgeRevocations,
  auditRetention,
  clock,
  log,
}: {
  readonly store: Pick<Store, 'audit' | 'webhooks' | 'idempotency' | 'singleUse' | 'credentialUse'>
  readonly purgeRevocations: Revocations['purge']
  readonly auditRetention: number
  readonly clock: Clock
  readonly log: Log
}): readonly BackgroundTask[] => {
  const purging = (
    name: string,
    purge: (stopped: () => boolean) => Promise<number>,
    more: { readonly everywhere?: true } = {},
  ): BackgroundTask => ({
    name,
    interval: 10 * minute,
    ...more,
    forgets: true,
    run: async (stopped) => {
      const purged = await purge(stopped)
      if (purged > 0) log.info('purged', { task: name, purged })
    },
  })
  return [
    purging('purge-audit', (stopped) => {
      const before = clock.now() - auditRetention * day
      return purgeInBatches((limit) => store.audit.purge(before, limit), stopped)
    }),
    purging('purge-dead-letters', (stopped) => {
      const before = clock.now() - auditRetention * day
      return purgeInBatches((limit) => store.webhooks.purge(before, limit), stopped)
    }),
    // They are in the memory of every node as well.
    purging('purge-revocations', () => purgeRevocations(epochSeconds(clock) - margin / 1000), { everywhere: true }),
    purging('purge-idempotency', (stopped) => {
      const before = clock.now() - margin
      return purgeInBatches((limit) => store.idempotency.purge(before, limit), stopped)
    }),
    purging('purge-credential-callers', (stopped) => {
      const before = clock.now() - callersKept
      return purgeInBatches((limit) => store.credentialUse.purge(before, limit), stopped)
    }),
    purging('purge-used-values', (stopped) => {
      const before = clock.now() - usedValuesMargin
      return purgeInBatches((limit) => store.singleUse.purge(before, limit), stopped)
    }),
  ]
}
