import type { TestContext } from 'node:test'
import type { Store } from '../../src/store/store.ts'

/** A database that a test may open, close and open again. */
export type Place = {
  readonly open: () => Promise<Store>
  /** Deletes it with everything in it; nothing must be open. */
  readonly remove: () => Promise<void>
}

/** A kind of store that the contract is run on. */
export type Engine = {
  readonly name: string
  /** An empty database of its own. */
  readonly createPlace: () => Promise<Place>
}

export type Fresh = { readonly store: Store; readonly place: Place; readonly reopen: () => Promise<Store> }

/** A store over an empty database, closed and removed when the test ends. */
export const freshStore = async (test: Pick<TestContext, 'after'>, engine: Engine): Promise<Fresh> => {
  const place = await engine.createPlace()
  let store = await place.open()
  test.after(async () => {
    await store.close()
    await place.remove()
  })
  return {
    store,
    place,
    reopen: async () => {
      await store.close()
      store = await place.open()
      return store
    },
  }
}
