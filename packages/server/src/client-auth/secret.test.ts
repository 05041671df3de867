import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Client } from '../domain/client.ts'
import type { Credential, SecretHash } from '../domain/credential.ts'
import { generateSecret } from '../lib/secret.ts'
import { createSecretVerifier } from './secret.ts'

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
const credential = (id: string, hash: SecretHash, expires?: number): Credential => ({
  id,
  type: 'secret',
  hash,
  expires,
})
const client = (...credentials: readonly Credential[]): Client => ({ id: 'cb', credentials }) as unknown as Client

const start = () => {
  const calls: string[] = []
  let paced: Promise<void> | undefined
  const verifySecret = createSecretVerifier({
    slowHashes: {
      verify: async (phc, secret) => {
        calls.push(`verify ${phc}`)
        return phc === `hash of ${secret}`
      },
      hash: async () => '',
      pace: async () => {
        calls.push('pace')
        await paced
      },
      close: async () => {},
    },
    clock: { now: () => 1000 },
    random,
  })
  return {
    calls,
    verifier: verifySecret,
    verify: (who: Client | undefined, secret: string, clientId = 'cb') =>
      verifySecret(who, secret, { workspace: 'acme/cases', clientId }),
    /** Guesses at this wait until the returned function is called. */
    hold: () => {
      const held = Promise.withResolvers<void>()
      paced = held.promise
      return held.resolve
    },
  }
}
const phc = (secret: string) => ({ kind: 'phc', phc: `hash of ${secret}` }) as const

test('SEC-058: a chosen secret that is wrong waits as long for an unknown client as for a known one', async () => {
  for (const who of [undefined, client(), client(credential('a', { kind: 'sha256', digest: '' }))]) {
    const { calls, verify } = start()
    assert.equal(await verify(who, 'guess'), undefined)
    assert.deepEqual(calls, ['pace'])
  }
  const { calls, verify } = start()
  assert.equal(await verify(client(credential('a', phc('right'))), 'guess'), undefined)
  assert.deepEqual(calls, ['verify hash of right', 'pace'])
})

test('SEC-058: a generated secret that is wrong never causes a slow hash nor a wait', async () => {
  const { secret, digest } = generateSecret(random)
  const other = generateSecret(random).secret
  for (const who of [
    undefined,
    client(credential('a', phc('x'))),
    client(credential('b', { kind: 'sha256', digest })),
  ]) {
    const { calls, verify } = start()
    assert.equal(await verify(who, other), undefined)
    assert.deepEqual(calls, [])
  }
  assert.equal(await start().verify(client(credential('b', { kind: 'sha256', digest })), secret), 'b')
})

test('a chosen secret that was right is hashed once, and remembered for that credential and hash only', async () => {
  const { calls, verify } = start()
  const who = client(credential('a', phc('right')))
  assert.equal(await verify(who, 'right'), 'a')
  assert.equal(await verify(who, 'right'), 'a')
  assert.deepEqual(calls, ['verify hash of right'])
  assert.equal(await verify(client(credential('a', phc('reset'))), 'right'), undefined)
  assert.equal(await verify(client(credential('z', phc('right'))), 'right'), 'z')
  assert.equal(calls.filter((call) => call === 'verify hash of right').length, 2)
})

test('an expired credential proves nothing, remembered or not; a wrong guess is never remembered', async () => {
  const { calls, verify } = start()
  assert.equal(await verify(client(credential('a', phc('right'))), 'right'), 'a')
  assert.equal(await verify(client(credential('a', phc('right'), 1000)), 'right'), undefined)
  assert.equal(await verify(client(credential('a', phc('right'), 1001)), 'right'), 'a')
  await verify(client(credential('a', phc('right'))), 'wrong')
  await verify(client(credential('a', phc('right'))), 'wrong')
  assert.equal(calls.filter((call) => call === 'pace').length, 3)
  const { secret, digest } = generateSecret(random)
  assert.equal(await verify(client(credential('g', { kind: 'sha256', digest }, 999)), secret), undefined)
})

test('SEC-055: a longer secret than there can be is refused unread', async () => {
  const { calls, verify } = start()
  assert.equal(await verify(client(credential('a', phc('x'.repeat(513)))), 'x'.repeat(513)), undefined)
  assert.deepEqual(calls, [])
})

test('SEC-058: guesses at one id are answered one after the other, whether there is such a client or not', async () => {
  for (const who of [undefined, client(), client(credential('a', phc('right')))]) {
    const { calls, verify, hold } = start()
    const release = hold()
    const guesses = ['one', 'two', 'three'].map(async (guess) => verify(who, guess))
    const other = verify(who, 'one', 'another id')
    await setImmediate()
    assert.equal(calls.filter((call) => call === 'pace').length, 2, 'one of either id')
    release()
    assert.deepEqual(await Promise.all([...guesses, other]), [undefined, undefined, undefined, undefined])
    assert.equal(calls.filter((call) => call === 'pace').length, 4)
  }
})

test('SEC-058: more guesses at one id than may wait are refused alike, whether there is such a client or not', async () => {
  const outcomes = await Promise.all(
    [undefined, client(), client(credential('a', phc('right')))].map(async (who) => {
      const { verify, hold } = start()
      const release = hold()
      const guesses = Array.from({ length: 70 }, async (_, index) => verify(who, `guess${index}`))
      const settled = Promise.allSettled(guesses)
      await setImmediate()
      assert.equal(await verify(client(credential('z', phc('right'))), 'right', 'another id'), 'z')
      release()
      return (await settled).map(({ status }) => status)
    }),
  )
  assert.equal(outcomes[0]?.filter((status) => status === 'rejected').length, 5)
  assert.deepEqual(outcomes[1], outcomes[0])
  assert.deepEqual(outcomes[2], outcomes[0])
})

test('SEC-059: of many requests with the same right secret at once, one is hashed', async () => {
  const { calls, verify } = start()
  const who = client(credential('a', phc('right')))
  const proven = await Promise.all(Array.from({ length: 50 }, async () => verify(who, 'right')))
  assert.deepEqual([...new Set(proven)], ['a'])
  assert.deepEqual(calls, ['verify hash of right'])
})

test('SEC-182: what waited for another guess is admitted again before it is looked at', async () => {
  const { calls, verifier } = start()
  const who = client(credential('a', phc('right')))
  const admitted: string[] = []
  const guess = (secret: string, admits: boolean) =>
    verifier(who, secret, {
      workspace: 'acme/cases',
      clientId: 'cb',
      admitAgain: () => {
        admitted.push(secret)
        return admits ? undefined : Promise.reject(new Error(`too many before ${secret}`))
      },
    })
  const [first, second, third] = [guess('one', true), guess('right', false), guess('three', true)]
  assert.equal(await first, undefined)
  await assert.rejects(async () => second, /too many before right/)
  assert.equal(await third, undefined)
  assert.deepEqual(admitted, ['one', 'right', 'three'])
  assert.equal(calls.filter((call) => call.startsWith('verify')).length, 2)
})
