import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Revocation, RevocationStore } from '../store/store.ts'
import { StoreUnavailableError } from '../store/store.ts'
import { createRevocations, type RevocableToken } from './revocations.ts'

const clock = { now: () => 1_000_000_000 }
const workspace = 'acme/one'
const token: RevocableToken = { jti: 'cred.random', client: 'cb', credential: 'cred', kid: 'k1', iat: 999_000 }
const all = (subject: Revocation['subject'], value: string, issuedUntil = 999_000): Revocation => ({
  workspace,
  subject,
  value,
  issuedUntil,
  expires: 1_001_000,
})

const memoryStore = (stored: Revocation[] = []): RevocationStore => ({
  add: async (revocations) => {
    stored.push(...revocations)
  },
  listLive: async (now) => stored.filter(({ expires }) => expires > now),
  purge: async (now, limit) => {
    const dead = stored.filter(({ expires }) => expires <= now).slice(0, limit)
    for (const one of dead) stored.splice(stored.indexOf(one), 1)
    return dead.length
  },
})

const ask = async (revocation: Revocation, asked: RevocableToken, of = workspace) => {
  const revocations = createRevocations({ store: memoryStore(), clock })
  await revocations.revoke([revocation], [])
  return revocations.isRevoked(of as 'a/b', asked)
}

test('each subject reaches the tokens it speaks of, and no other', async () => {
  const subjects: readonly [Revocation['subject'], string, string][] = [
    ['token', 'cred.random', 'cred.other'],
    ['credential', 'cb/cred', 'cb/other'],
    ['client', 'cb', 'cx'],
    ['key', 'k1', 'k2'],
  ]
  for (const [subject, value, other] of subjects) {
    assert.equal(await ask(all(subject, value), token), true, subject)
    assert.equal(await ask(all(subject, other), token), false, subject)
    assert.equal(await ask(all(subject, value), token, 'acme/two'), false, `${subject} of another workspace`)
  }
  assert.equal(await ask(all('workspace', ''), token), true)
  assert.equal(await ask(all('workspace', ''), token, 'acme/two'), false)
})

test('a value of one subject is none of another', async () => {
  for (const subject of ['token', 'credential', 'client', 'key'] as const) {
    assert.equal(await ask(all(subject, ''), token), false)
    assert.equal(await ask(all(subject, '__proto__'), token), false)
  }
  assert.equal(await ask(all('credential', 'cb'), token), false)
})

test('a bulk revocation spares what was issued later; that of a token or a key spares nothing', async () => {
  const later = { ...token, iat: 999_001 }
  for (const [subject, value] of [
    ['credential', 'cb/cred'],
    ['client', 'cb'],
    ['workspace', ''],
  ] as const) {
    assert.equal(await ask(all(subject, value), token), true)
    assert.equal(await ask(all(subject, value), later), false)
  }
  assert.equal(await ask(all('token', 'cred.random'), later), true)
  assert.equal(await ask(all('key', 'k1'), later), true)
})

test('an earlier time never weakens a later one', async () => {
  const revocations = createRevocations({ store: memoryStore(), clock })
  await revocations.revoke([all('client', 'cb', 999_500)], [])
  await revocations.revoke([{ ...all('client', 'cb', 998_000), expires: 1_000_001 }], [])
  assert.equal(await revocations.isRevoked(workspace, token), true)
  await revocations.purge(1_000_500)
  assert.equal(await revocations.isRevoked(workspace, token), true)
})

test('until the live ones are read nobody knows, and a failed reading is tried again', async () => {
  let broken = true
  const store = memoryStore([all('client', 'cb')])
  const revocations = createRevocations({
    store: {
      ...store,
      listLive: (now) => (broken ? Promise.reject(new StoreUnavailableError('x')) : store.listLive(now)),
    },
    clock,
  })
  await assert.rejects(async () => revocations.isRevoked(workspace, token), StoreUnavailableError)
  await assert.rejects(async () => revocations.isRevoked('acme/never-heard-of', token), StoreUnavailableError)
  broken = false
  assert.equal(await revocations.isRevoked(workspace, token), true)
  assert.equal(revocations.isRevoked(workspace, token), true, 'and then at once, without a promise')
})

test('what is revoked while the others are being read is kept', async () => {
  const stored = [all('client', 'other')]
  const list = Promise.withResolvers<readonly Revocation[]>()
  const revocations = createRevocations({ store: { ...memoryStore(stored), listLive: () => list.promise }, clock })
  const loading = revocations.load()
  await revocations.revoke([all('client', 'cb')], [])
  list.resolve([all('client', 'other')])
  await loading
  assert.equal(revocations.isRevoked(workspace, token), true)
})

test('what could not be stored is not in force', async () => {
  const store = { ...memoryStore(), add: () => Promise.reject(new StoreUnavailableError('disk full')) }
  const revocations = createRevocations({ store, clock })
  await assert.rejects(revocations.revoke([all('client', 'cb')], []), StoreUnavailableError)
  assert.equal(await revocations.isRevoked(workspace, token), false)
})

test('a purge forgets what is over, in batches and in memory, and nothing else', async () => {
  const stored: Revocation[] = []
  const revocations = createRevocations({ store: memoryStore(stored), clock })
  const many = Array.from({ length: 2500 }, (_, index) => ({ ...all('token', `t${index}`), expires: 1_000_100 }))
  await revocations.revoke([...many, all('client', 'cb')], [])
  await revocations.load()
  assert.equal(await revocations.purge(1_000_099), 0)
  assert.equal(await revocations.purge(1_000_100), 2500)
  assert.equal(stored.length, 1)
  assert.equal(revocations.isRevoked(workspace, { ...token, client: 'other', jti: 't7' }), false)
  assert.equal(revocations.isRevoked(workspace, token), true)
  assert.equal(await revocations.purge(1_001_000), 1)
  assert.equal(revocations.isRevoked(workspace, token), false)
})

test('a hundred thousand live revocations change nothing in what asking costs', async () => {
  const empty = createRevocations({ store: memoryStore(), clock })
  const full = createRevocations({ store: memoryStore(), clock })
  await full.revoke(
    Array.from({ length: 100_000 }, (_, index) => all('token', `cred.${index}`)),
    [],
  )
  await Promise.all([empty.load(), full.load()])
  const measure = (revocations: typeof full): number => {
    const began = process.hrtime.bigint()
    for (let index = 0; index < 20_000; index += 1) revocations.isRevoked(workspace, { ...token, jti: `x.${index}` })
    return Number(process.hrtime.bigint() - began) / 20_000
  }
  const costs = Array.from({ length: 5 }, () => measure(full))
  // A walk over all of them would take a thousand times as long as this bound allows.
  assert.ok(Math.min(...costs) < 20_000, `${Math.min(...costs)} ns a question`)
  assert.equal(full.isRevoked(workspace, { ...token, jti: 'cred.99999' }), true)
})

test('a clock that was ahead when they were read revives nothing', async () => {
  let ahead = 3_600_000
  const revocations = createRevocations({
    store: memoryStore([all('client', 'cb')]),
    clock: { now: () => clock.now() + ahead },
  })
  await revocations.load()
  ahead = 0
  assert.equal(revocations.isRevoked(workspace, token), true)
})
