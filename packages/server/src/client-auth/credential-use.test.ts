import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialUse } from '../store/store.ts'
import { createCredentialUses } from './credential-use.ts'

const from = (address: string, headers: Readonly<Record<string, string>> = {}) => ({ address, headers })

const fixture = () => {
  const saved: CredentialUse[] = []
  let fails = false
  let now = 1000
  const uses = createCredentialUses({
    store: {
      save: async (some) => {
        if (fails) throw new Error('disk full')
        saved.push(...some)
      },
    },
    clock: { now: () => now++ },
  })
  const fail = (value: boolean): void => {
    fails = value
  }
  return { uses, saved, fail }
}

test('the latest use of each credential by each caller is written, once', async () => {
  const { uses, saved } = fixture()
  uses.note('t/w', 'c', 'one', from('192.0.2.1'))
  uses.note('t/w', 'c', 'one', from('192.0.2.2'))
  uses.note('t/w', 'c', 'two', from('192.0.2.3'))
  await uses.flush()
  assert.deepEqual(
    saved.map(({ credential, time, address }) => [credential, time, address]),
    [
      ['one', 1000, '192.0.2.1'],
      ['one', 1001, '192.0.2.2'],
      ['two', 1002, '192.0.2.3'],
    ],
  )
  await uses.flush()
  assert.equal(saved.length, 3)
})

test('a use that waits to be written is noted again only from elsewhere, or when ten seconds have passed', async () => {
  let now = 0
  const saved: CredentialUse[] = []
  const save = async (some: readonly CredentialUse[]): Promise<void> => {
    saved.push(...some)
  }
  const uses = createCredentialUses({ store: { save }, clock: { now: () => now } })
  for (const time of [0, 9_999]) {
    now = time
    uses.note('t/w', 'c', 'one', from('192.0.2.1'))
  }
  await uses.flush()
  for (const time of [20_000, 30_000, 1_000]) {
    now = time
    uses.note('t/w', 'c', 'one', from('192.0.2.1'))
    uses.note('t/w', 'c', 'two', from(`192.0.2.${time / 1000}`))
  }
  await uses.flush()
  assert.deepEqual(
    saved.map(({ credential, time }) => [credential, time]),
    [
      ['one', 0],
      ['two', 20_000],
      ['two', 30_000],
      ['two', 1_000],
      ['one', 1_000],
    ],
  )
})

test('by the way a thousand are written, the earliest first; at the end all', async () => {
  const { uses, saved } = fixture()
  for (let count = 0; count < 10_000; count += 1) uses.note('t/w', 'c', String(count), from('192.0.2.1'))
  await uses.flushSome()
  assert.deepEqual([saved.length, saved[0]?.credential, saved.at(-1)?.credential], [1000, '0', '999'])
  await uses.flushSome()
  assert.deepEqual([saved.length, saved.at(-1)?.credential], [2000, '1999'])
  await uses.flush()
  assert.equal(saved.length, 10_000)
})

test('what could not be written is written the next time', async () => {
  const { uses, saved, fail } = fixture()
  uses.note('t/w', 'c', 'one', from('192.0.2.1'))
  fail(true)
  await assert.rejects(uses.flush())
  fail(false)
  await uses.flush()
  assert.deepEqual(
    saved.map(({ credential }) => credential),
    ['one'],
  )
})

test('strangers cannot fill the memory: there are only so many between two writes', async () => {
  const { uses, saved } = fixture()
  for (let count = 0; count < 100_100; count += 1) uses.note('t/w', 'c', String(count), from('192.0.2.1'))
  await uses.flush()
  assert.equal(saved.length, 50_000)
})

test('callers are told apart by address, user agent and the instance they name, cut short and made printable', async () => {
  const { uses, saved } = fixture()
  const agent = 'billing/2.1\u202e(job)'
  uses.note('t/w', 'c', 'one', from('192.0.2.1', { 'user-agent': agent, 'mintmark-instance': 'a' }))
  uses.note('t/w', 'c', 'one', from('192.0.2.1', { 'user-agent': agent, 'mintmark-instance': 'b' }))
  uses.note('t/w', 'c', 'one', from('192.0.2.1', { 'user-agent': 'x'.repeat(5000), 'mintmark-instance': 'b' }))
  await uses.flush()
  assert.deepEqual(
    saved.map((use) => [use.agent, use.instance]),
    [
      ['billing/2.1\ufffd(job)', 'a'],
      ['billing/2.1\ufffd(job)', 'b'],
      ['x'.repeat(120), 'b'],
    ],
  )
})

test('a credential with ever new callers keeps the latest fifty between two writes, and the last use is among them', async () => {
  const { uses, saved } = fixture()
  for (let count = 0; count < 200; count += 1) {
    uses.note('t/w', 'c', 'one', from('192.0.2.1', { 'mintmark-instance': String(count) }))
  }
  await uses.flush()
  assert.deepEqual([saved.length, saved.at(-1)?.instance], [50, '199'])
})
