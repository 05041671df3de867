/**
 * Does what has the same name one after the other, and what has different names beside each other.
 * Names are kept only while something of theirs is done or waits.
 */
export type Lanes = {
  /** @throws what `full` makes, when as many of this name as may wait do so already */
  readonly run: <T>(name: string, work: () => Promise<T>) => Promise<T>
}

type Lane = { last: Promise<unknown>; occupied: number }

/** @param capacity how many of one name may wait behind the one that is done */
export const createLanes = (capacity: number, full: () => Error): Lanes => {
  const lanes = new Map<string, Lane>()
  return {
    run: async (name, work) => {
      const lane = lanes.get(name) ?? { last: Promise.resolve(), occupied: 0 }
      if (lane.occupied > capacity) throw full()
      lanes.set(name, lane)
      lane.occupied += 1
      const done = lane.last.then(work, work)
      lane.last = done
      try {
        return await done
      } finally {
        lane.occupied -= 1
        if (lane.occupied === 0) lanes.delete(name)
      }
    },
  }
}
