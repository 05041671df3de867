/**
 * Remembers which DPoP proofs were used (RFC 9449 §11.1). The one that is built in is of this process; several processes
 * of one API that are to share theirs give a store of their own, such as one over Redis with `SET … NX PXAT`.
 */
export interface ProofStore {
  /**
   * Takes a proof.
   * @param id of the proof and its key, 43 characters of base64url
   * @param expires milliseconds since 1970 after which it counts no more in any case and may be forgotten
   * @param key thumbprint of the key that made it, for a store that shares its room out
   * @returns true for the first call of all with this id, false for every other; what it throws refuses the request
   */
  use(id: string, expires: number, key: string): boolean | Promise<boolean>
}

/** Milliseconds of proofs that are forgotten together. */
const span = 15_000

/** Proofs that are forgotten together. */
interface Span {
  /** From when on they may be, by the wall clock and by the one that never jumps. */
  wall: number
  elapsed: number
  /** Ids, and the key each is of. */
  readonly ids: Map<string, string>
}

/**
 * In the memory of this process, for at most so many proofs. One that may still be replayed is never forgotten to make
 * room: who is full does not know, and throws. A proof is forgotten when both clocks say that it counts no more: a wall
 * clock that is set forth and back again gives no replay.
 *
 * A key has at the most as much room as is left: alone half of it, one of two a third. So whoever holds a few tokens cannot
 * fill it for the others.
 * @param currentTime milliseconds since 1970
 * @param elapsed milliseconds of a clock that never jumps
 */
export function proofMemory(maximum: number, currentTime: () => number, elapsed: () => number): ProofStore {
  const spans = new Map<number, Span>()
  const held = new Map<string, number>()
  let size = 0
  const forget = (wall: number, now: number) => {
    for (const [number, { ids, ...ends }] of spans) {
      if (ends.wall > wall || ends.elapsed > now) continue
      spans.delete(number)
      size -= ids.size
      for (const key of ids.values()) {
        const left = (held.get(key) ?? 0) - 1
        if (left > 0) held.set(key, left)
        else held.delete(key)
      }
    }
  }
  return {
    use: (id, expires, key) => {
      const [wall, now] = [currentTime(), elapsed()]
      forget(wall, now)
      for (const { ids } of spans.values()) if (ids.has(id)) return false
      const own = held.get(key) ?? 0
      if (size >= maximum) throw new RangeError('The memory of DPoP proofs is full')
      if (own >= maximum - size) throw new RangeError('The memory of DPoP proofs has no more room for this key')
      const number = Math.floor(expires / span)
      const found = spans.get(number) ?? { wall: (number + 1) * span, elapsed: 0, ids: new Map() }
      found.elapsed = Math.max(found.elapsed, now + Math.max(0, expires - wall))
      spans.set(number, found)
      found.ids.set(id, key)
      held.set(key, own + 1)
      size += 1
      return true
    },
  }
}
