import { type Store, StoreUnavailableError } from '../../src/store/store.ts'

/** A store that loses power at one of its writes. */
export type CrashingStore = {
  readonly store: Store
  /** Lets the write after so many others fail: before it is done, or after, so that its answer is lost. */
  readonly crashAt: (write: number, when: 'before' | 'after') => void
  /** Ends what was asked for. @returns whether it came to it */
  readonly calm: () => boolean
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** What writes, by group: everything that can leave something behind. */
const writes: Readonly<Record<string, readonly string[]>> = {
  changes: ['commit', 'createTenant', 'saveDraft', 'deleteDraft'],
  audit: ['append', 'purge'],
  credentialUse: ['save', 'purge'],
  idempotency: ['save', 'purge'],
  revocations: ['add', 'purge'],
}

export const createCrashingStore = (real: Store): CrashingStore => {
  let plan: { readonly write: number; readonly when: 'before' | 'after' } | undefined
  let count = 0
  let crashed = false

  const crash = (): never => {
    crashed = true
    throw new StoreUnavailableError('the power failed')
  }

  const guarded =
    (method: Method): Method =>
    async (...args) => {
      // After a crash nothing is written any more: the process is gone.
      if (crashed) crash()
      const here = plan !== undefined && count === plan.write
      count += 1
      if (here && plan?.when === 'before') crash()
      const result = await method(...args)
      if (here) crash()
      return result
    }

  const store = Object.fromEntries(
    Object.entries(real).map(([group, methods]) => {
      const names = writes[group]
      if (names === undefined) return [group, methods]
      const entries = Object.entries(methods as Readonly<Record<string, Method>>)
      return [
        group,
        Object.fromEntries(entries.map(([name, one]) => [name, names.includes(name) ? guarded(one) : one])),
      ]
    }),
  ) as unknown as Store

  return {
    store,
    crashAt: (write, when) => {
      plan = { write, when }
      count = 0
    },
    calm: () => {
      const came = crashed
      plan = undefined
      crashed = false
      return came
    },
  }
}
