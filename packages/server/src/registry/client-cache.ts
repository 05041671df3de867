import { randomBytes } from 'node:crypto'
import type { Client } from '../domain/client.ts'
import { type BoundedCache, createBoundedCache } from '../lib/bounded-cache.ts'
import { createHalfSipHash } from '../lib/half-sip-hash.ts'
import { createPackedMap, type PackedMap } from '../lib/packed-map.ts'
import { createPackedClients } from './packed-client.ts'

/** Clients that are kept as objects: with no more than these nothing is unpacked. */
const objectsAtMost = 5000

/** Of a key, which is workspace and id: the workspace, `tenant/workspace/`. */
const workspaceLength = (key: string): number => key.indexOf('/', key.indexOf('/') + 1) + 1

/**
 * A copy to keep. JavaScript's engine learns where in the code objects are made that live long, and makes all that come from there
 * where only a full garbage collection finds them: objects that stay and objects that last for a request must not come from
 * one place, or each of a million first uses leaves a kilobyte behind.
 */
const kept = (client: Client): Client => ({
  id: client.id,
  displayName: client.displayName,
  enabled: client.enabled,
  capabilities: client.capabilities,
  authenticationMethods: client.authenticationMethods,
  tokenEndpointAudience: client.tokenEndpointAudience,
  dpopBoundAccessTokens: client.dpopBoundAccessTokens,
  certificateBoundAccessTokens: client.certificateBoundAccessTokens,
  permissions: client.permissions,
  introspects: client.introspects,
  tokenLifetime: client.tokenLifetime,
  tokenRateLimit: client.tokenRateLimit,
  allowedAddresses: client.allowedAddresses,
  credentials: client.credentials.map((credential) => ({ ...credential })),
})

/**
 * The clients in use. The first five thousand are kept as objects; those beyond as some eighty bytes, which cost a microsecond to
 * unpack at each use. Packed ones are two generations, as in {@link createBoundedCache}.
 */
export const createClientCache = (capacity: number, objectCapacity = objectsAtMost): BoundedCache<string, Client> => {
  if (capacity <= objectCapacity) return createBoundedCache(capacity)
  const half = Math.max(1, Math.ceil((capacity - objectCapacity) / 2))
  const key = randomBytes(8)
  const hash = createHalfSipHash([key.readUInt32LE(0), key.readUInt32LE(4)])
  let objects = new Map<string, Client>()
  let value = createPackedClients()
  const makeMap = (): PackedMap<Client> =>
    createPackedMap({ capacity: half, hash, value, prefixLength: workspaceLength })
  let young = makeMap()
  let old = makeMap()

  const remove = (key: string): void => {
    objects.delete(key)
    young.delete(key)
    old.delete(key)
  }
  return {
    get: (key) => objects.get(key) ?? young.get(key) ?? old.get(key),
    set: (key, client) => {
      remove(key)
      if (objects.size < objectCapacity) {
        objects.set(key, kept(client))
        return
      }
      if (young.isFull()) {
        old = young
        young = makeMap()
      }
      young.set(key, client)
    },
    delete: remove,
    clear: () => {
      objects = new Map()
      value = createPackedClients()
      young = makeMap()
      old = makeMap()
    },
    entries: function* () {
      yield* objects
      yield* old.entries()
      yield* young.entries()
    },
    size: () => objects.size + young.size() + old.size(),
  }
}
