import { StoreUnavailableError } from '../store.ts'
import type { Use } from './single-use.ts'

/** Values that may wait for the commit before theirs; with more the store has fallen behind. */
export const maximumWaitingUses = 5000

type Batch = { readonly uses: Use[]; readonly answered: PromiseWithResolvers<readonly boolean[]> }

/**
 * Values that arrive while a commit is under way are taken together in the next one: the more requests, the fewer commits
 * each pays for.
 * @param send takes values in one transaction; for each whether it was the first
 */
export const createUseQueue = (
  send: (uses: readonly Use[]) => Promise<readonly boolean[]>,
): ((digest: string, expires: number) => Promise<boolean>) => {
  let next: Batch | undefined
  let busy = false

  const flush = async (): Promise<void> => {
    busy = true
    for (let batch = next; batch !== undefined; batch = next) {
      next = undefined
      await send(batch.uses).then(batch.answered.resolve, batch.answered.reject)
    }
    busy = false
  }

  return async (digest, expires) => {
    next ??= { uses: [], answered: Promise.withResolvers() }
    const { uses, answered } = next
    if (uses.length >= maximumWaitingUses) {
      throw new StoreUnavailableError(`${maximumWaitingUses} values wait for the store`)
    }
    const place = uses.push({ digest, expires }) - 1
    if (!busy && uses.length === 1) setImmediate(() => void flush())
    return (await answered.promise)[place] === true
  }
}
