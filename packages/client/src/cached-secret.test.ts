import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cannedServer } from '../test/local-server.ts'
import { cachedSecret } from './cached-secret.ts'
import { clientSecretPost, type OneCredential } from './credential.ts'
import { TokenError } from './errors.ts'
import { tokenSource } from './token-source.ts'

/** A secret manager that counts, and a server that takes what the manager has unless a test says otherwise. */
async function setUp(
  context: TestContext,
  wrap: (secret: ReturnType<typeof cachedSecret>) => OneCredential = (s) => s,
) {
  const state = { stored: 'first', taken: 'first', asked: 0, time: 0, fails: false }
  const tried: string[] = []
  const as = await cannedServer(context, ({ headers, body }, count) => {
    const [, basic = ''] = headers.authorization?.split(' ') ?? []
    const secret = new URLSearchParams(body).get('client_secret') ?? atob(basic).split(':')[1] ?? ''
    tried.push(secret)
    if (secret !== state.taken) return { status: 401, body: { error: 'invalid_client' } }
    return { body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 600 } }
  })
  const secret = cachedSecret(
    async () => {
      state.asked += 1
      if (state.fails) throw new Error('sealed')
      return state.stored
    },
    { maximumAge: 60_000, now: () => state.time },
  )
  const options = { tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: wrap(secret), attempts: 1 }
  /** A token of another source each time, so that none is at hand. */
  const token = () => tokenSource(options).token()
  return { state, tried, token }
}

const fails = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code

test('a secret is asked for once for any number of requests, and again when it is old', async (context) => {
  const { state, token } = await setUp(context)
  await Promise.all(Array.from({ length: 10 }, token))
  assert.equal(state.asked, 1)
  state.time = 59_999
  await token()
  assert.equal(state.asked, 1)
  state.time = 60_000
  await token()
  assert.equal(state.asked, 2)
})

test('a kept secret that the server refuses is asked for at once, and the requests are repeated', async (context) => {
  for (const wrap of [undefined, clientSecretPost]) {
    const { state, tried, token } = await setUp(context, wrap)
    await token()
    state.time = 10_000
    state.stored = 'second'
    state.taken = 'second'
    await Promise.all(Array.from({ length: 5 }, token))
    assert.equal(state.asked, 2)
    assert.equal(tried.filter((secret) => secret === 'second').length, 5)
  }
})

test('a wrong secret is not tried twice, nor asked for at every refusal', async (context) => {
  const { state, tried, token } = await setUp(context)
  await token()
  state.taken = 'other'
  state.time = 10_000
  await assert.rejects(token(), fails('refused'))
  assert.deepEqual([state.asked, tried.length], [2, 2])
  state.time = 19_999
  await assert.rejects(token(), fails('refused'))
  assert.deepEqual([state.asked, tried.length], [2, 3])
  state.time = 20_000
  await assert.rejects(token(), fails('refused'))
  assert.deepEqual([state.asked, tried.length], [3, 4])
})

test('a manager that fails is asked again, and does not hide that the server refused', async (context) => {
  const { state, token } = await setUp(context)
  state.fails = true
  await assert.rejects(token(), fails('secret_unavailable'))
  state.fails = false
  await token()
  state.fails = true
  state.taken = 'other'
  state.time = 10_000
  await assert.rejects(token(), fails('refused'))
})

test('of two, the older is tried when the newer is refused and has not changed', async (context) => {
  const as = await cannedServer(context, ({ headers }) => {
    const given = atob(headers.authorization?.split(' ')[1] ?? '')
    if (given !== 'a:older') return { status: 401, body: { error: 'invalid_client' } }
    return { body: { access_token: 't', token_type: 'Bearer' } }
  })
  let asked = 0
  const newer = cachedSecret(() => {
    asked += 1
    return 'newer'
  })
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: [newer, 'older'] })
  assert.equal((await source.token()).value, 't')
  assert.equal(asked, 1)
  assert.equal(as.requests.length, 2)
})

test('with two, an older one that is gone does not hide that the newer was refused', async (context) => {
  const as = await cannedServer(context, () => ({ status: 401, body: { error: 'invalid_client' } }))
  const gone = () => Promise.reject(new Error('ResourceNotFoundException'))
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: ['newer', gone] })
  await assert.rejects(source.token(), fails('refused'))
})

test('a secret manager that never answers is asked again after a while', async () => {
  const clock = { time: 0 }
  const answers: (string | Promise<never>)[] = [new Promise<never>(() => undefined), 'second']
  const secret = cachedSecret(async () => answers.shift() ?? assert.fail('asked once too often'), {
    now: () => clock.time,
  })
  const { signal } = new AbortController()
  const ask = async (): Promise<string> => secret(signal)
  ask()
  clock.time = 30_000
  assert.equal(await ask(), 'second')
  assert.equal(await ask(), 'second')
})
