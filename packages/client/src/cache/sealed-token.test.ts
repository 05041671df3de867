import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AccessToken } from '../access-token.ts'
import type { IssuedToken } from '../issued-token.ts'
import { cacheName, openToken, sealToken } from './sealed-token.ts'

const clock = { now: () => 5_000, currentTime: () => 1_800_000_000_000 }
const issued = (value: string, scopes: readonly string[], lifetime: number, forRefused = false): IssuedToken => ({
  token: new AccessToken({ value, scopes, lifetime, expiresAt: clock.currentTime() + lifetime * 1_000 }),
  askedAt: { monotonic: 5_000, wall: clock.currentTime() },
  forRefused,
  from: 'server',
})

test('what was sealed opens as it was, by the same name and secret', async () => {
  const token = fc.record({
    value: fc.string({ minLength: 1 }),
    scopes: fc.array(fc.string()),
    lifetime: fc.integer({ min: 1, max: 1e7 }),
    forRefused: fc.boolean(),
    name: fc.string(),
    secret: fc.string({ unit: 'grapheme', minLength: 1 }),
  })
  await fc.assert(
    fc.asyncProperty(token, async ({ value, scopes, lifetime, forRefused, name, secret }) => {
      const content = await sealToken(issued(value, scopes, lifetime, forRefused), name, secret)
      const opened = await openToken({ content }, name, secret, clock)
      assert.equal(opened?.token.value, value)
      assert.deepEqual(opened.token.scopes, scopes)
      assert.equal(opened.token.lifetime, lifetime)
      assert.equal(opened.forRefused, forRefused)
      assert.equal(opened.token.expiresAt.getTime(), clock.currentTime() + lifetime * 1_000)
      assert.deepEqual(opened.askedAt, { monotonic: 5_000, wall: clock.currentTime() })
      assert.equal(await openToken({ content }, `${name}x`, secret, clock), undefined)
      assert.equal(await openToken({ content }, name, `${secret}x`, clock), undefined)
    }),
    { numRuns: 50 },
  )
})

test('nothing else opens, whatever bytes it has', async () => {
  const content = await sealToken(issued('token', ['a'], 600), 'name', 'secret')
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      assert.equal(await openToken({ content: Uint8Array.from(bytes) }, 'name', 'secret', clock), undefined)
    }),
    { numRuns: 50 },
  )
  for (let index = 0; index < content.length; index += 1) {
    const changed = Uint8Array.from(content)
    changed[index] = (changed[index] ?? 0) ^ 1
    assert.equal(await openToken({ content: changed }, 'name', 'secret', clock), undefined, `byte ${index}`)
  }
})

test('the same token is never sealed to the same bytes', async () => {
  const seal = () => sealToken(issued('token', [], 600), 'name', 'secret')
  assert.notDeepEqual(await seal(), await seal())
})

test('what the store knows of the age counts, and a token older than it may be does not open', async () => {
  const content = await sealToken(issued('token', [], 600), 'name', 'secret')
  const opened = await openToken({ content, age: 300_000 }, 'name', 'secret', clock)
  assert.deepEqual(opened?.askedAt, { monotonic: -295_000, wall: clock.currentTime() - 300_000 })
  assert.equal(await openToken({ content, age: 590_000 }, 'name', 'secret', clock), undefined)
})

test('a name is a digest of all that a token depends on', async () => {
  const names = await Promise.all(
    [['a', null, 'c'], ['a', 'c'], ['a,c'], [null, 'a', 'c'], ['a', null, ['c']]].map(cacheName),
  )
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[0-9a-f]{64}$/)
})
