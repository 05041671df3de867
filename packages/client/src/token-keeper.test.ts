import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CannedAnswer, cannedServer } from '../test/local-server.ts'
import { fails, setUp, tokenAnswer } from '../test/local-source.ts'

test('SEC-266: a wall clock set forth or back makes no token live longer', async (context) => {
  const { source, clock } = await setUp(context)
  const value = async () => (await source.token()).value
  assert.equal(await value(), 'token-1')
  // Back by five minutes: the other clock counts.
  clock.ahead = -300_000
  clock.time += 40_000
  assert.equal(await value(), 'token-1')
  clock.time += 10_000
  assert.equal(await value(), 'token-2')
  // Forth by five minutes: the token may be good, but nobody knows.
  clock.ahead = 0
  assert.equal(await value(), 'token-3')
  assert.equal(await value(), 'token-3')
})

test('SEC-266: a machine that slept hands out no token that has expired meanwhile', async (context) => {
  const { source, clock } = await setUp(context, (count) => tokenAnswer(count, { expires_in: 3_600 }))
  assert.equal((await source.token()).value, 'token-1')
  // The monotonic clock of Linux stands still while the machine sleeps.
  clock.ahead += 8 * 3_600_000
  assert.equal((await source.token()).value, 'token-2')
})

test('SEC-267: an API that refuses every token costs fewer and fewer token requests', async (context) => {
  const { source, clock, requests, events } = await setUp(context, (count) =>
    tokenAnswer(count, { expires_in: 86_400 }),
  )
  /** A call to the API: its token, and the one after it was refused. */
  const call = async () => {
    const token = await source.token()
    return [token.value, (await source.renewToken(token)).value]
  }
  assert.deepEqual(await call(), ['token-1', 'token-2'])
  for (let count = 0; count < 10; count += 1) assert.deepEqual(await call(), ['token-2', 'token-2'])
  assert.equal(requests.length, 2)
  assert.equal(events.filter(({ type }) => type === 'refusal-ignored').length, 10)
  const askedAfter: number[] = []
  let last = clock.time
  for (let second = 0; second < 1_200; second += 1) {
    clock.time += 1_000
    const before: number = requests.length
    await call()
    if (requests.length === before) continue
    askedAfter.push((clock.time - last) / 1_000)
    last = clock.time
  }
  assert.deepEqual(askedAfter, [10, 20, 40, 80, 160, 300, 300])
})

test('SEC-267: after a token that was good for a while the next refusal renews at once', async (context) => {
  const { source, clock, requests } = await setUp(context, (count) => tokenAnswer(count, { expires_in: 86_400 }))
  const refuse = async () => (await source.renewToken(await source.token())).value
  await refuse()
  for (const expected of ['token-3', 'token-4', 'token-5']) {
    clock.time += 3_600_000
    assert.equal(await refuse(), expected)
  }
  assert.equal(await refuse(), 'token-5')
  clock.time += 10_000
  assert.equal(await refuse(), 'token-6')
  assert.equal(requests.length, 6)
})

test('a server that gives the same token again is not asked again at once', async (context) => {
  const { source, requests } = await setUp(context, () => tokenAnswer(1))
  const token = await source.token()
  assert.equal((await source.renewToken(token)).value, 'token-1')
  assert.equal((await source.renewToken(token)).value, 'token-1')
  assert.equal(requests.length, 2)
})

test('a caller that gives up waiting is alone in that', async (context) => {
  const answer = Promise.withResolvers<CannedAnswer>()
  const { source, requests } = await setUp(context, () => answer.promise)
  const giveUp = new AbortController()
  const others = [source.token(), source.token({ signal: new AbortController().signal })]
  const first = source.token({ signal: giveUp.signal })
  giveUp.abort(new Error('enough'))
  await assert.rejects(first, /enough/)
  await assert.rejects(source.token({ signal: giveUp.signal }), /enough/)
  answer.resolve(tokenAnswer(1))
  for (const token of await Promise.all(others)) assert.equal(token.value, 'token-1')
  assert.equal(requests.length, 1)
  const refused = source.renewToken(await source.token(), { signal: AbortSignal.abort(new Error('at once')) })
  await assert.rejects(refused, /at once/)
  assert.equal(requests.length, 1)
})

test('a caller that gives up does not waste the token', async (context) => {
  const answer = Promise.withResolvers<CannedAnswer>()
  const { source, requests } = await setUp(context, () => answer.promise)
  const giveUp = new AbortController()
  const only = source.token({ signal: giveUp.signal })
  giveUp.abort()
  await assert.rejects(only, { name: 'AbortError' })
  answer.resolve(tokenAnswer(1))
  assert.equal((await source.token()).value, 'token-1')
  assert.equal(requests.length, 1)
})

test('renewals that fail are tried less and less often', async (context) => {
  const renewals: PromiseWithResolvers<Response>[] = []
  const { source, clock } = await setUp(context, undefined, {
    fetch: async () => {
      const answer = Promise.withResolvers<Response>()
      renewals.push(answer)
      return answer.promise
    },
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const first = source.token()
  await turn()
  renewals[0]?.resolve(Response.json(tokenAnswer(1, { expires_in: 36_000 }).body))
  await first
  clock.time += 27_000_000
  const askedAfter: number[] = []
  let last = clock.time
  for (let second = 0; second < 1_300; second += 1) {
    const before = renewals.length
    assert.equal((await source.token()).value, 'token-1')
    await turn()
    if (renewals.length > before) {
      renewals.at(-1)?.resolve(Response.json({ error: 'invalid_client' }, { status: 401 }))
      await turn()
      askedAfter.push((clock.time - last) / 1_000)
      last = clock.time
    }
    clock.time += 1_000
  }
  assert.deepEqual(askedAfter, [0, 11, 22, 44, 88, 176, 300, 300, 300])
})

test('each scope and resource has a token of its own, whatever order they are named in', async (context) => {
  const { source, requests } = await setUp(context, undefined, { scope: 'a b', resource: 'https://one.example' })
  const value = async (options: Parameters<typeof source.token>[0]) => (await source.token(options)).value
  assert.equal(await value({}), 'token-1')
  assert.equal(await value({ scope: ['b', 'a'] }), 'token-1')
  assert.equal(await value({ scope: 'c' }), 'token-2')
  assert.equal(await value({ scope: 'c', resource: 'https://two.example' }), 'token-3')
  assert.equal(await value({ resource: ['https://one.example'] }), 'token-1')
  assert.equal(await value({ resource: [], scope: '' }), 'token-4')
  assert.equal(await value({ scope: 'c' }), 'token-2')
  assert.deepEqual(
    requests.map(({ body }) => [...new URLSearchParams(body)].slice(1).flat()),
    [
      ['scope', 'a b', 'resource', 'https://one.example'],
      ['scope', 'c', 'resource', 'https://one.example'],
      ['scope', 'c', 'resource', 'https://two.example'],
      [],
    ],
  )
  const other = await source.token({ scope: 'c' })
  assert.equal((await source.renewToken(other, { scope: 'c' })).value, 'token-5')
  assert.equal(await value(undefined), 'token-1')
  await assert.rejects(source.token({ scope: '"' }), fails('invalid_configuration'))
  await assert.rejects(source.token({ resource: 'relative' }), fails('invalid_configuration'))
  await assert.rejects(source.token({ resource: 'https://a.example#b' }), fails('invalid_configuration'))
})

test('of further tokens so many are kept, and the one not used for longest is forgotten', async (context) => {
  const { source, requests } = await setUp(context, undefined, { maximumTokens: 2 })
  for (const scope of ['a', 'b', 'a', 'c', 'a']) await source.token({ scope })
  assert.equal(requests.length, 3)
  await source.token({ scope: 'b' })
  assert.equal(requests.length, 4)
})

test('who watches is told what happens, and breaks nothing', async (context) => {
  const { source, clock, events } = await setUp(
    context,
    (count) => (count === 1 ? { status: 503, headers: { 'retry-after': '1' } } : tokenAnswer(count)),
    { scope: 'a', random: () => 0 },
  )
  await source.token()
  clock.time += 60_000
  await source.renewToken(await source.token())
  const about = { scopes: ['a'], resources: [] }
  assert.deepEqual(
    events.map((event) => ('error' in event ? { ...event, error: (event.error as Error).name } : event)),
    [
      { ...about, type: 'retry', error: 'TokenError', wait: 1_000 },
      { ...about, type: 'fetched', from: 'server', because: 'missing', lifetime: 60, took: 1_000 },
      { ...about, type: 'fetched', from: 'server', because: 'due', lifetime: 60, took: 0 },
      { ...about, type: 'fetched', from: 'server', because: 'refused', lifetime: 60, took: 0 },
    ],
  )
  const throwing = await setUp(context, () => ({ status: 401, body: { error: 'invalid_client' } }), {
    onEvent: () => {
      throw new Error('watching failed')
    },
  })
  await assert.rejects(throwing.source.token(), fails('refused'))
})

test('a token knows when it expires by the clock on the wall', async (context) => {
  const { source, clock } = await setUp(context)
  assert.deepEqual((await source.token()).expiresAt, new Date(clock.time + 60_000))
})

test('nothing is asked of a server before a token is', async (context) => {
  const server = await cannedServer(context, () => tokenAnswer(1))
  await setUp(context, undefined, { tokenEndpoint: undefined, issuer: server.url })
  assert.equal(server.requests.length, 0)
})
