import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientSecret, setUp } from '../../test/local-source.ts'
import { tokenSource } from '../token-source.ts'
import { sharedTokenCache } from './shared-token-cache.ts'
import type { StoredToken, TokenStore } from './token-store.ts'

const never = () => new Promise<never>(() => undefined)

/** A store of this process, parts of which a test replaces. */
function memoryStore(more: Partial<TokenStore>) {
  const contents = new Map<string, StoredToken>()
  const store: TokenStore = {
    read: async (key) => contents.get(key),
    write: async (key, content) => {
      contents.set(key, { content })
    },
    exclusively: (_, work) => work(),
    ...more,
  }
  return { store, contents }
}

const silences: Record<string, Partial<TokenStore>> = {
  read: { read: never },
  write: { write: never },
  'have its lock': { exclusively: never },
  'give its lock back': {
    exclusively: async (_, work) => {
      await work()
      await never()
    },
  },
}

for (const [what, more] of Object.entries(silences)) {
  test(`a store that never lets one ${what} keeps nobody from a token, and is left alone for a while`, async (context) => {
    const cache = sharedTokenCache(memoryStore(more).store)
    // What the cache waits for is a third of the deadline.
    const { source, clock, events, requests } = await setUp(context, undefined, { cache, deadline: 1_500 })
    assert.equal((await source.token()).value, 'token-1')
    assert.ok(events.some(({ type }) => type === 'cache-failed'))
    clock.time += 59_999
    assert.equal((await source.token()).value, 'token-2')
    assert.equal(requests.length, 2)
  })
}

test('a lock that comes after the token was asked for without it leads to no other request', async (context) => {
  const late = Promise.withResolvers<() => Promise<void>>()
  const { store } = memoryStore({
    exclusively: (_, work) => {
      late.resolve(work)
      return never()
    },
  })
  const { source, requests } = await setUp(context, undefined, { cache: sharedTokenCache(store), deadline: 300 })
  assert.equal((await source.token()).value, 'token-1')
  await (await late.promise)()
  assert.equal(requests.length, 1)
})

test('a store that answers shares its tokens as ever', async (context) => {
  const { store, contents } = memoryStore({})
  const { source, url, requests, clock } = await setUp(context, undefined, { cache: sharedTokenCache(store) })
  await source.token()
  assert.equal(contents.size, 1)
  const other = tokenSource({
    tokenEndpoint: `${url}/oauth2/token`,
    clientId: 'weather-website',
    credential: clientSecret,
    cache: sharedTokenCache(store),
    now: () => clock.time,
    currentTime: () => clock.time,
  })
  assert.equal((await other.token()).value, 'token-1')
  assert.equal(requests.length, 1)
})
