import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenSource } from './token-source.ts'

// Workers drop what goes on when the request they serve has been answered: a `fetch` may never settle.

function setUp() {
  const clock = { time: 0 }
  const server = { away: false, issued: 0 }
  let drop: (() => void) | undefined
  const fetch = async (): Promise<Response> => {
    if (drop !== undefined) {
      drop()
      drop = undefined
      return new Promise(() => undefined)
    }
    if (server.away) return new Response(undefined, { status: 400 })
    server.issued += 1
    return Response.json({ access_token: `token${server.issued}`, token_type: 'Bearer', expires_in: 1_000 })
  }
  const source = tokenSource({
    tokenEndpoint: 'https://as.test/token',
    clientId: 'c',
    deadline: 1_000,
    credential: 's',
    fetch,
    now: () => clock.time,
    currentTime: () => clock.time,
    random: () => 0,
  })
  /** Drops the next request; the promise is for when that has happened. */
  const dropNext = () =>
    new Promise<void>((resolve) => {
      drop = resolve
    })
  return { clock, server, dropNext, value: async () => (await source.token()).value }
}

test('a renewal that was dropped is waited for the next time, and the token at hand serves meanwhile', async () => {
  const { clock, dropNext, value } = setUp()
  assert.equal(await value(), 'token1')
  clock.time = 750_000
  const dropped = dropNext()
  assert.equal(await value(), 'token1')
  await dropped
  assert.equal(await value(), 'token1')
  clock.time = 850_000
  assert.equal(await value(), 'token2')
})

test('a renewal that is waited for and fails leaves the token at hand in use', async () => {
  const { clock, server, dropNext, value } = setUp()
  assert.equal(await value(), 'token1')
  clock.time = 750_000
  const dropped = dropNext()
  assert.equal(await value(), 'token1')
  await dropped
  server.away = true
  clock.time = 850_000
  assert.equal(await value(), 'token1')
})

test('a first request that was dropped does not hold up everybody for ever', async () => {
  const { clock, dropNext, value } = setUp()
  const dropped = dropNext()
  const gone = value()
  await dropped
  clock.time = 60_000
  assert.equal(await value(), 'token1')
  assert.equal(await Promise.race([gone, 'still waiting']), 'still waiting')
})
