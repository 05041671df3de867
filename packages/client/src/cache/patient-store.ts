import { within } from '../within.ts'
import type { TokenStore } from './token-store.ts'

/** Milliseconds for which a store that did not answer is not asked again. */
const coolDown = 60_000

/**
 * A store that answers or fails: many clients of a server that is gone keep what they were asked until it is back, and
 * nobody's token may wait for that.
 * @param patience milliseconds for one answer, and for the lock to be had before work is done without it
 * @param now milliseconds of a clock that never jumps
 */
export function patientStore(store: TokenStore, patience: number, now: () => number): TokenStore {
  let silentAt = Number.NEGATIVE_INFINITY
  const overdue = () => {
    silentAt = now()
    return new Error(`The store of the token cache did not answer within ${patience} ms`)
  }
  const ask = async <Value>(question: () => Promise<Value>): Promise<Value> => {
    if (now() - silentAt < coolDown) throw new Error('The store of the token cache did not answer a moment ago')
    return question()
  }
  const inTime = <Value>(question: () => Promise<Value>) => within(patience, ask(question), overdue)

  return {
    sealingSecret: store.sealingSecret,
    read: (key) => inTime(() => store.read(key)),
    write: (key, content, lifetime) => inTime(() => store.write(key, content, lifetime)),
    exclusively: async (key, work) => {
      let tooLate = false
      let done: Promise<void> | undefined
      let over: Promise<void> | undefined
      const begun = new Promise<void>((resolve, reject) => {
        const workInTime = async () => {
          if (tooLate) return
          done = work()
          resolve()
          await done
        }
        over = ask(() => store.exclusively(key, workInTime, patience))
        over.then(resolve, reject)
      })
      // The patience is the store's before it works without its lock: what comes much later never comes.
      await within(patience * 2, begun, () => {
        tooLate = true
        return overdue()
      })
      await done
      if (over !== undefined) await within(patience, over, overdue)
    },
  }
}
