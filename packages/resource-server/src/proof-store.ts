/**
 * Remembers which DPoP proofs were used (RFC 9449 §11.1). The one that is built in is of this process; several processes
 * of one API that are to share theirs give a store of their own, such as one over Redis with `SET … NX PXAT`.
 */
export interface ProofStore {
  /**
   * Takes a proof.
   * @param id of the proof and its key, 43 characters of base64url
   * @param expires milliseconds since 1970 after which it counts no more in any case and may be forgotten
   * @returns true for the first call of all with this id, false for every other; what it throws refuses the request
   */
  use(id: string, expires: number): boolean | Promise<boolean>
}

/** Milliseconds of proofs that are forgotten together. */
const span = 15_000

/**
 * In the memory of this process, for at most so many proofs. One that may still be replayed is never forgotten to make
 * room: who is full does not know, and throws.
 */
export function proofMemory(maximum: number, currentTime: () => number): ProofStore {
  const spans = new Map<number, Set<string>>()
  let size = 0
  const forget = (before: number) => {
    for (const [number, ids] of spans) {
      if (number >= before) continue
      spans.delete(number)
      size -= ids.size
    }
  }
  return {
    use: (id, expires) => {
      forget(Math.floor(currentTime() / span))
      for (const ids of spans.values()) if (ids.has(id)) return false
      if (size >= maximum) throw new RangeError('The memory of DPoP proofs is full')
      const number = Math.floor(expires / span)
      const ids = spans.get(number) ?? new Set()
      spans.set(number, ids.add(id))
      size += 1
      return true
    },
  }
}
