import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { privateKeyJwt, TokenError, tokenSource } from '@mintmark/client'
import { type KeyStorage, type RollingKeyOptions, type RolloverEvent, rollingKey } from '@mintmark/client/key-rollover'
import { keyFile } from '@mintmark/client/node'
import { startAdminServer } from '../../packages/server/test/admin-fixture.ts'
import { casesFounding } from '../../packages/server/test/fixtures.ts'

// A client that rolls its own key over, on a real server whose clock is moved, and the crashes it must survive.

const server = await startAdminServer({ after })
const { call, issuer, clock } = server
const permissions = casesFounding.clients.cb?.permissions ?? []
const directory = mkdtempSync(join(tmpdir(), 'mintmark-rollover-'))
after(() => rmSync(directory, { recursive: true }))
const day = 86_400_000
const began = clock.now()
const currentTime = (): number => clock.now()
const advance = (milliseconds: number): void => clock.advance(milliseconds)

/** A client with a key of its own in a file. */
const foundClient = async (clientId: string, type: 'ES256' | 'PS256' = 'ES256') => {
  const input = {
    id: clientId,
    capabilities: ['client_credentials', 'key_rollover'],
    authenticationMethods: ['private_key_jwt'],
    permissions,
  }
  assert.equal((await call('createClient', {}, { input })).status, 201)
  const { publicKey, privateKey } =
    type === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }) } as Record<string, unknown>
  const added = await call('createClientKey', { client: clientId }, { input: { type: 'key', jwk } })
  assert.equal(added.status, 201, added.text)
  const file = join(directory, `${clientId}.jwk`)
  const created = Math.floor(currentTime() / 1000)
  writeFileSync(file, JSON.stringify({ ...privateKey.export({ format: 'jwk' }), created }), { mode: 0o600 })
  return { clientId, file }
}

const rolling = ({ clientId, file }: { clientId: string; file: string }, more: Partial<RollingKeyOptions> = {}) =>
  rollingKey({ issuer, clientId, storage: keyFile(file), currentTime, ...more })

const sourceOf = (clientId: string, key: ReturnType<typeof rolling>['key']) =>
  tokenSource({
    issuer,
    clientId,
    credential: privateKeyJwt({ key, currentTime }),
    scope: permissions[0]?.scopes[0],
    currentTime,
    now: () => performance.now() + (clock.now() - began),
    attempts: 1,
  })

const keysOf = async (client: string) => {
  const { body } = await call('listClientKeys', { client })
  return body.items.filter((item) => item.type === 'key')
}
const assertWorks = async (clientId: string, key: ReturnType<typeof rolling>['key']): Promise<void> => {
  assert.ok((await sourceOf(clientId, key).token()).value)
}
const assertNoAlarm = async (client: string): Promise<void> => {
  for (const { frozen, kid } of await keysOf(client)) assert.equal(frozen, undefined, kid)
}

describe('a client rolls its key over', () => {
  for (const type of ['ES256', 'PS256'] as const) {
    test(`in its file, which stays private (${type})`, async () => {
      const client = await foundClient(`filed-${type.toLowerCase()}`, type)
      const one = rolling(client)
      await assertWorks(client.clientId, one.key)
      const before = readFileSync(client.file, 'utf8')
      const kid = await one.roll()
      assert.notEqual(readFileSync(client.file, 'utf8'), before)
      assert.equal(JSON.parse(readFileSync(client.file, 'utf8')).kid, kid)
      assert.equal(statSync(client.file).mode & 0o777, 0o600)
      for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name)
      await assertWorks(client.clientId, one.key)
      await one.roll()
      await assertWorks(client.clientId, one.key)
      assert.equal((await keysOf(client.clientId)).length, 3)
      const left = readdirSync(directory).filter((name) => name.startsWith(`${client.clientId}.jwk`))
      assert.equal(left.length, 2, 'the key, and the step that led to it')
    })
  }

  test('what a process left behind as it was killed is removed, and what another one writes is not', async () => {
    const client = await foundClient('tidy')
    const [left, fresh] = [`${client.file}.left.tmp`, `${client.file}.fresh.tmp`]
    for (const path of [left, fresh]) writeFileSync(path, readFileSync(client.file), { mode: 0o600 })
    utimesSync(left, new Date(0), new Date(0))
    await rolling(client).roll()
    assert.ok(!existsSync(left) && existsSync(fresh))
  })

  test('many callers, and many processes with one file, have one successor', async () => {
    const client = await foundClient('shared')
    const processes = Array.from({ length: 5 }, () => rolling(client))
    const kids = await Promise.all(processes.flatMap((one) => [one.roll(), one.roll()]))
    assert.equal(new Set(kids).size, 1)
    assert.equal((await keysOf('shared')).length, 2)
    await assertNoAlarm('shared')
  })

  test('a file that others may read, that is not there or holds no key is refused, and nothing of it is said', async () => {
    const client = await foundClient('careless')
    const open = join(directory, 'open.jwk')
    writeFileSync(open, readFileSync(client.file), { mode: 0o644 })
    const none = join(directory, 'none.jwk')
    writeFileSync(none, '{"kty":"EC","secret-of-mine":1}', { mode: 0o600 })
    for (const file of [open, none, join(directory, 'missing.jwk')]) {
      await assert.rejects(rolling({ ...client, file }).roll(), (error) => {
        assert.ok(error instanceof TokenError && error.code === 'secret_unavailable')
        assert.ok(!error.message.includes('secret-of-mine'))
        return true
      })
    }
    assert.equal((await keysOf('careless')).length, 1)
  })

  test('one without the capability keeps its key', async () => {
    const client = await foundClient('incapable')
    await call('updateClient', { client: 'incapable' }, { input: { capabilities: ['client_credentials'] } })
    const before = readFileSync(client.file, 'utf8')
    await assert.rejects(rolling(client).roll(), { code: 'refused', oauthError: 'unauthorized_client' })
    assert.equal(readFileSync(client.file, 'utf8'), before)
    await assertWorks('incapable', rolling(client).key)
  })
})

describe('a client that ends at any moment goes on with the same successor', () => {
  const crash = () => new Error('ended')
  /** The steps of a roll-over, each with a way to end before and after it. */
  const storageThatEnds = (storage: KeyStorage, step: string, when: string): KeyStorage => {
    const wrap =
      <A extends readonly unknown[], R>(name: string, work: (...given: A) => Promise<R>) =>
      async (...given: A): Promise<R> => {
        if (name === step && when === 'before') throw crash()
        const done = await work(...given)
        if (name === step && when === 'after') throw crash()
        return done
      }
    return {
      read: wrap('read', storage.read),
      readNext: wrap('readNext', storage.readNext),
      keepNext: wrap('keepNext', storage.keepNext),
      promote: wrap('promote', storage.promote),
      withdraw: storage.withdraw,
    }
  }
  const fetchThatEnds =
    (when: string): typeof fetch =>
    async (input, init) => {
      const isRollover = String(input).endsWith('/client-key-rollover')
      if (isRollover && when === 'before') throw crash()
      const response = await fetch(input, init)
      if (!isRollover) return response
      await response.text()
      throw crash()
    }

  for (const step of ['read', 'readNext', 'keepNext', 'fetch', 'promote']) {
    for (const when of ['before', 'after']) {
      test(`${when} ${step}, at once and after the old key has retired`, async () => {
        for (const away of [0, 3 * day]) {
          const client = await foundClient(`ends-${when}-${step.toLowerCase()}-${away}`)
          const storage = keyFile(client.file)
          const ending =
            step === 'fetch'
              ? rolling(client, { fetch: fetchThatEnds(when) })
              : rolling(client, { storage: storageThatEnds(storage, step, when) })
          await assert.rejects(ending.roll())
          advance(away)
          const again = rolling(client)
          const kid = await again.roll()
          await assertWorks(client.clientId, again.key)
          assert.equal(JSON.parse(readFileSync(client.file, 'utf8')).kid, kid)
          await assertNoAlarm(client.clientId)
        }
      })
    }
  }

  test('also when the old key was removed meanwhile', async () => {
    const client = await foundClient('removed')
    await assert.rejects(rolling(client, { fetch: fetchThatEnds('after') }).roll())
    const old = (await keysOf('removed')).find(({ state }) => state === 'draining')
    assert.equal((await call('deleteClientKey', { client: 'removed', key: old?.id ?? '' })).status, 200)
    const again = rolling(client)
    await again.roll()
    await assertWorks('removed', again.key)
  })

  test('a copy of the key that rolls over freezes both, and neither gets a token', async () => {
    const client = await foundClient('copied')
    const copy = { clientId: 'copied', file: join(directory, 'copy.jwk') }
    writeFileSync(copy.file, readFileSync(client.file), { mode: 0o600 })
    await rolling(client).roll()
    await assert.rejects(rolling(copy).roll(), { code: 'refused', oauthError: 'invalid_client' })
    for (const one of [client, copy]) {
      await assert.rejects(sourceOf('copied', rolling(one).key).token(), { oauthError: 'invalid_client' })
      await assert.rejects(rolling(one).roll(), { oauthError: 'invalid_client' })
    }
  })
})

/** Timers that go off when the clock is moved past them. */
const handTimers = () => {
  let waiting: { readonly at: number; readonly work: () => void }[] = []
  return {
    later: (milliseconds: number, work: () => void) => {
      const one = { at: currentTime() + milliseconds, work }
      waiting.push(one)
      return () => {
        waiting = waiting.filter((other) => other !== one)
      }
    },
    run: () => {
      const due = waiting.filter(({ at }) => at <= currentTime())
      waiting = waiting.filter((one) => !due.includes(one))
      for (const { work } of due) work()
      return due.length
    },
  }
}

const startTimed = (context: TestContext, client: { clientId: string; file: string }, more = {}) => {
  const timers = handTimers()
  const events: RolloverEvent[] = []
  let done = Promise.withResolvers<void>()
  const storage = keyFile(client.file)
  // Every look at the key ends with the next timer being set.
  const later = (milliseconds: number, work: () => void) => {
    done.resolve()
    return timers.later(milliseconds, work)
  }
  const one = rolling(client, {
    storage,
    later,
    random: () => 0,
    onEvent: (event) => events.push(event),
    ...more,
  })
  context.after(one.stop)
  one.start()
  return {
    one,
    events,
    /** Lets what is due happen, to its end. */
    settle: async () => {
      done = Promise.withResolvers<void>()
      if (timers.run() > 0) await done.promise
    },
  }
}

test('a year of token requests with twelve roll-overs has no failed request', async (context) => {
  const setLongest = (maximumKeyLifetime: number | null) =>
    call('updateWorkspace', {}, { input: { maximumKeyLifetime } })
  context.after(() => setLongest(null))
  const client = await foundClient('yearling')
  assert.equal((await setLongest(45 * 86_400)).status, 200)
  const { one, events, settle } = startTimed(context, client)
  const source = sourceOf('yearling', one.key)
  const used = new Set<string>()
  let asked = 0
  for (let hours = 0; hours < 365 * 24; hours += 12) {
    advance(12 * 3_600_000)
    // Tokens are asked for while the key is rolled over.
    const tokens = Promise.all([
      source.token(),
      sourceOf('yearling', one.key).token(),
      sourceOf('yearling', one.key).token(),
    ])
    await settle()
    for (const { value } of [...(await tokens), await source.token()]) used.add(value)
    asked += 4
  }
  const rolled = events.filter(({ type }) => type === 'rolled')
  assert.deepEqual(
    events.filter(({ type }) => type === 'failed'),
    [],
  )
  assert.equal(rolled.length, 12)
  context.diagnostic(`${asked} requests, ${used.size} tokens, ${rolled.length} roll-overs`)
  await assertNoAlarm('yearling')
  const live = (await keysOf('yearling')).filter(({ state, live }) => live && state === 'live')
  assert.equal(live.length, 1)
})

test('a timer that finds the server away tries again, later each time, and tokens go on', async (context) => {
  const client = await foundClient('patient')
  let away = true
  const fetchSometimes: typeof fetch = (input, init) =>
    away ? Promise.reject(new TypeError('away')) : fetch(input, init)
  const { one, events, settle } = startTimed(context, client, { fetch: fetchSometimes, maximumAge: 86_400 })
  await settle()
  advance(day + 60_000)
  for (let count = 0; count < 3; count += 1) {
    await settle()
    await assertWorks('patient', one.key)
    advance(600_000)
  }
  const waits = events.flatMap((event) => (event.type === 'failed' ? [event.wait] : []))
  assert.ok(
    waits.length >= 2 && waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)),
    `${waits}`,
  )
  away = false
  advance(3_600_000)
  await settle()
  assert.equal(events.at(-1)?.type, 'rolled')
  await assertWorks('patient', one.key)
})

test('what makes no sense is refused at once', () => {
  const storage = keyFile(join(directory, 'x.jwk'))
  for (const wrong of [
    { maximumAge: 0 },
    { clientId: '' },
    { storage: undefined },
    { every: 30 },
  ] as unknown as Partial<RollingKeyOptions>[]) {
    assert.throws(() => rollingKey({ issuer, clientId: 'x', storage, ...wrong }), { code: 'invalid_configuration' })
  }
})
