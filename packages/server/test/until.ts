import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until something holds that happens elsewhere: in another process or thread, or on another node. It is asked again a
 * few milliseconds after each no.
 * @param what that which is waited for, for the error
 * @param patience milliseconds
 * @returns how long it took, in milliseconds
 * @throws Error when it does not hold in time; whatever `holds` throws
 */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = 20_000,
): Promise<number> => {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > patience) throw new Error(`not within ${patience} ms: ${what}`)
    await pause(5)
  }
  return performance.now() - began
}
