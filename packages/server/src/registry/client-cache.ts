import { randomInt } from 'node:crypto'
import type { Client } from '../domain/client.ts'
import { type BoundedCache, createBoundedCache } from '../lib/bounded-cache.ts'
import { createPackedMap, type PackedMap } from '../lib/packed-map.ts'
import { createClientPacker } from './packed-client.ts'

/** Clients that are kept as objects: with no more than these nothing is unpacked. */
const objectsAtMost = 20_000

/**
 * The clients in use. The first twenty thousand are kept as objects; those beyond as packed texts of some hundred bytes, which
 * cost two microseconds to unpack at each use and a fifth of the memory. Packed ones are two generations, as in
 * {@link createBoundedCache}.
 */
export const createClientCache = (capacity: number, objectCapacity = objectsAtMost): BoundedCache<string, Client> => {
  if (capacity <= objectCapacity) return createBoundedCache(capacity)
  const half = Math.max(1, Math.ceil((capacity - objectCapacity) / 2))
  const makeMap = (): PackedMap => createPackedMap(half, randomInt(2 ** 32))
  let objects = new Map<string, Client>()
  let packer = createClientPacker()
  let young = makeMap()
  let old = makeMap()

  const remove = (key: string): void => {
    objects.delete(key)
    young.delete(key)
    old.delete(key)
  }
  const entries = function* (): Generator<[string, Client], undefined> {
    yield* objects
    for (const map of [old, young]) {
      for (const [key, text] of map.entries()) yield [key, packer.unpack(key, text)]
    }
  }
  return {
    get: (key) => {
      const client = objects.get(key)
      if (client !== undefined) return client
      const text = young.get(key) ?? old.get(key)
      return text === undefined ? undefined : packer.unpack(key, text)
    },
    set: (key, client) => {
      remove(key)
      if (objects.size < objectCapacity) {
        objects.set(key, client)
        return
      }
      if (young.isFull()) {
        old = young
        young = makeMap()
      }
      young.set(key, packer.pack(key, client))
    },
    delete: remove,
    clear: () => {
      objects = new Map()
      packer = createClientPacker()
      young = makeMap()
      old = makeMap()
    },
    entries,
    size: () => objects.size + young.size() + old.size(),
  }
}
