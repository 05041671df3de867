import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { audience, localIssuer, start } from '../test/local-issuer.ts'
import { protect } from './protect.ts'

// Workers drop what goes on when the request they serve has been answered or its caller is gone: a `fetch` may never settle.

async function setUp(context: TestContext) {
  const issuer = await localIssuer(context)
  const clock = { time: 0 }
  const network = { drops: false }
  const api = protect({
    issuer: issuer.issuer,
    audience,
    currentTime: () => start * 1_000,
    now: () => clock.time,
    timeout: 1_000,
    fetch: (input, init) => (network.drops ? new Promise<never>(() => undefined) : fetch(input, init)),
  })
  const ask = async (token: string) => {
    const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : [])
    const decision = await api.authorize({ method: 'GET', url: '/', header }, [])
    return decision.allowed ? 200 : decision.status
  }
  return { ...issuer, ask, clock, network }
}

test('a renewal of the keys that was dropped is waited for the next time, and the old keys serve meanwhile', async (context) => {
  const { ask, sign, clock, network, counts } = await setUp(context)
  assert.equal(await ask(await sign()), 200)
  clock.time = 301_000
  network.drops = true
  assert.equal(await ask(await sign()), 200)
  network.drops = false
  assert.equal(await ask(await sign()), 200)
  assert.equal(counts.keys, 1)
  clock.time = 310_000
  assert.equal(await ask(await sign()), 200)
  assert.equal(counts.keys, 2)
})

test('a renewal that is waited for and fails leaves the old keys in use', async (context) => {
  const { ask, sign, clock, network, state } = await setUp(context)
  assert.equal(await ask(await sign()), 200)
  clock.time = 301_000
  network.drops = true
  assert.equal(await ask(await sign()), 200)
  network.drops = false
  state.down = true
  clock.time = 310_000
  assert.equal(await ask(await sign()), 200)
})

test('a verification that was dropped with its caller does not hold up the same token for ever', async (context) => {
  const { ask, sign, clock, network } = await setUp(context)
  const token = await sign()
  network.drops = true
  const gone = ask(token)
  network.drops = false
  clock.time = 10_000
  assert.equal(await ask(token), 200)
  assert.equal(await Promise.race([gone, 'still waiting']), 'still waiting')
})
