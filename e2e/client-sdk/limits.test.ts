import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TokenError, tokenSource } from '@mintmark/client'
import { writeBasic } from '@mintmark/protocol'
import { protect } from '@mintmark/resource-server'
import { startForStrangers, strangersFounding } from '../foreign/stranger-server.ts'

const { stranger } = strangersFounding.clients
const server = await startForStrangers(
  { ...strangersFounding, clients: { stranger: stranger ?? {}, guessed: stranger ?? {}, asker: stranger ?? {} } },
  { transport: 'http' },
)
const { issuer } = server

/** A source that tells how long it waited before each further attempt, in milliseconds. */
const sourceOf = (clientId: string, options: { readonly maximumWait?: number } = {}) => {
  const waits: number[] = []
  const source = tokenSource({
    ...{ issuer, clientId, credential: server.secrets[clientId] ?? '', ...options },
    wait: (milliseconds) => {
      waits.push(milliseconds)
      return delay(milliseconds)
    },
  })
  return { source, waits }
}

/** Wrong secrets of a client until it is blocked here. */
const guess = async (clientId: string): Promise<void> => {
  for (let time = 0; time < 100; time += 1) {
    const headers = { authorization: writeBasic(clientId, 'wrong') }
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const { status } = await fetch(server.tokenEndpoint, { method: 'POST', headers, body })
    if (status === 429) return
    assert.equal(status, 401)
  }
  assert.fail('no guess was refused')
}

test('SEC-187: a client beyond its limit of tokens comes back when it was told to, and gets its token', async () => {
  const place = { tenant: 'strangers', workspace: 'e2e', client: 'stranger' }
  await server.admin.updateClient(place, { tokenRateLimit: { perSecond: 1 } })
  const [one, other] = [sourceOf('stranger'), sourceOf('stranger')]
  const tokens = await Promise.all([one.source.token(), other.source.token()])
  assert.equal(new Set(tokens.map(({ value }) => value)).size, 2)
  const waits = [...one.waits, ...other.waits]
  // One of them waits, for the second that it was told; on a slow machine neither has to.
  assert.ok(waits.length <= 2 && waits.every((wait) => wait >= 1000 && wait <= 1200), waits.join(' '))
})

test('SEC-182: a client that is blocked for the guesses of another tries again in time, and one without time says when to', async () => {
  await guess('guessed')
  const { source: hurried } = sourceOf('guessed', { maximumWait: 100 })
  await assert.rejects(hurried.token(), (error) => {
    assert.ok(error instanceof TokenError)
    assert.deepEqual([error.code, error.status, error.temporary], ['unavailable', 429, true])
    assert.ok((error.retryAfter ?? 0) >= 1 && (error.retryAfter ?? 0) <= 5, `${error.retryAfter}`)
    assert.ok(error.reference)
    return true
  })
  const { source, waits } = sourceOf('guessed')
  assert.ok((await source.token()).value)
  assert.ok(waits.length >= 1 && waits.every((wait) => wait >= 1000 && wait <= 6000), waits.join(' '))
})

test('an API that may not ask lets nobody in, and does not take a token that it cannot check for a bad one', async () => {
  const { value } = await tokenSource({ issuer, clientId: 'guessed', credential: server.secrets.guessed ?? '' }).token()
  const introspection = { clientId: 'asker', credential: server.secrets.asker ?? '', maximumAge: 0 }
  const api = protect({ issuer, audience: 'https://es256.example', introspection })
  const header = (name: string) => (name === 'authorization' ? [`Bearer ${value}`] : [])
  const ask = () => api.authorize({ method: 'GET', url: '/', header }, ['use:ES256'])
  assert.equal((await ask()).allowed, true)
  await guess('asker')
  const refused = await ask()
  assert.ok(!refused.allowed)
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers['Retry-After']) > 0)
})
