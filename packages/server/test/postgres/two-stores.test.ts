import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import type { Store, StoreChange } from '../../src/store/store.ts'
import { openStore } from '../../src/store/stores.ts'
import { change, commitNow, commitOf, event, key, revocation, time, workspace } from '../store-contract/rows.ts'
import { until } from '../until.ts'
import { sharedPostgres } from './postgres-server.ts'
import { startTcpProxy } from './tcp-proxy.ts'
import { migratedDatabase } from './test-store.ts'

/** Two nodes over one database. */
const twoStores = async (t: TestContext): Promise<readonly [Store, Store, string]> => {
  const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
  const [first, second] = await Promise.all([openStore(url, ''), openStore(url, '')])
  t.after(async () => {
    await Promise.all([first.close(), second.close()])
    await drop()
  })
  return [first, second, url]
}

const heardBy = (store: Store): StoreChange[] => {
  const heard: StoreChange[] = []
  store.subscribe((committed) => heard.push(committed))
  return heard
}

test('of commits of two nodes against one revision exactly one wins, round after round', async (t) => {
  const nodes = await twoStores(t)
  for (let round = 0; round < 20; round += 1) {
    const results = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        (nodes[index % 2] as Store).changes.commit(
          commitOf([change('client', `c${round}-${index}`)], { validatedAt: round }),
          [event()],
        ),
      ),
    )
    assert.equal(results.filter(({ outcome }) => outcome === 'committed').length, 1)
    assert.equal(results.filter(({ outcome }) => outcome === 'moved').length, 3)
  }
  assert.equal((await nodes[0].configuration.readAll(workspace, 'client')).length, 20)
})

test('a name that two workspaces claim at once on two nodes goes to one of them, in whatever order they claim', async (t) => {
  const nodes = await twoStores(t)
  for (let round = 0; round < 20; round += 1) {
    const names = [`path:/a${round}`, `path:/b${round}`]
    const results = await Promise.all(
      nodes.slice(0, 2).map((node, index) => {
        const here = `acme/w${round}-${index}` as const
        const claims = index === 0 ? names : names.toReversed()
        const changes = claims.map((name, place) => change('api', `api-${place}`, { claims: [name] }))
        return commitNow(node as Store, changes, { workspace: here })
      }),
    )
    assert.deepEqual(results.map(({ outcome }) => outcome).toSorted(), ['committed', 'conflict'])
  }
})

test('REL-022: of keys that two nodes make at once exactly one is kept', async (t) => {
  const nodes = await twoStores(t)
  for (let round = 0; round < 20; round += 1) {
    const here = `acme/k${round}` as const
    const outcomes = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        (nodes[index % 2] as Store).keys.changeKeys(
          {
            workspace: here,
            algorithm: 'ES256',
            expectedNewest: '',
            insert: [key(`k${round}-${index}`, { workspace: here })],
            update: [],
          },
          [],
        ),
      ),
    )
    assert.deepEqual(outcomes.toSorted(), ['changed', 'moved', 'moved', 'moved'])
  }
})

test('REL-022: a value that two nodes take at the same instant counts once, a hundred times', async (t) => {
  const nodes = await twoStores(t)
  for (let trial = 0; trial < 100; trial += 1) {
    const expires = time + 60_000 + trial
    const answers = await Promise.all(
      [0, 1, 0, 1].map((node) => (nodes[node] as Store).singleUse.use(`assertion ${trial}`, expires)),
    )
    assert.equal(answers.filter(Boolean).length, 1)
  }
})

test('values taken by two nodes in opposite order, beside events, end in no deadlock', async (t) => {
  const nodes = await twoStores(t)
  for (let round = 0; round < 30; round += 1) {
    const values = Array.from({ length: 40 }, (_, index) => `v${round}-${index}`)
    const answers = await Promise.all([
      ...values.map((value) => nodes[0].singleUse.use(value, time)),
      ...values.toReversed().map((value) => nodes[1].singleUse.use(value, time)),
      nodes[0].audit.append(event()).then(() => false),
      nodes[1].audit.append(event()).then(() => false),
    ])
    assert.equal(answers.filter(Boolean).length, values.length)
  }
})

test('what one node changes, revokes and rotates the other hears, each once, as it was', async (t) => {
  const [first, second] = await twoStores(t)
  const heard = heardBy(second)
  const own = heardBy(first)
  await commitNow(first, [change('client', 'a'), change('credential', 's1', { parent: 'a' })])
  await first.revocations.add([revocation('jti-1'), revocation('a', { subject: 'client', issuedUntil: 7 })], [event()])
  await first.keys.changeKeys(
    { workspace, algorithm: 'ES256', expectedNewest: '', insert: [key('k1')], update: [] },
    [],
  )
  await until('three commits are heard of', () => heard.length >= 3)
  assert.deepEqual(heard, [
    {
      about: 'configuration',
      workspace,
      entities: [
        { kind: 'client', id: 'a', parent: '' },
        { kind: 'credential', id: 's1', parent: 'a' },
      ],
    },
    {
      about: 'revocations',
      revocations: [revocation('jti-1'), revocation('a', { subject: 'client', issuedUntil: 7 })],
    },
    { about: 'keys', workspace },
  ])
  assert.equal(own.filter(({ about }) => about === 'configuration').length, 1)
})

test('a commit that was refused is heard of by nobody', async (t) => {
  const [first, second] = await twoStores(t)
  const heard = heardBy(second)
  await commitNow(first, [change('client', 'a'), change('client', 'a')])
  await commitNow(first, [change('client', 'b')])
  await until('a commit is heard of', () => heard.length > 0)
  assert.deepEqual(
    heard.map((one) => (one.about === 'configuration' ? one.entities.map(({ id }) => id) : [])),
    [['b']],
  )
})

test('a change too large for one notification is heard of whole, one too large for many as: everything', async (t) => {
  const [first, second] = await twoStores(t)
  const heard = heardBy(second)
  const many = Array.from({ length: 1000 }, (_, index) => revocation(`jti ${index} ${'ü'.repeat(30)}`))
  await first.revocations.add(many, [])
  const revoked = () => heard.flatMap((one) => (one.about === 'revocations' ? one.revocations : []))
  await until('every revocation is heard of', () => revoked().length === 1000)
  assert.deepEqual(new Set(revoked().map(({ value }) => value)), new Set(many.map(({ value }) => value)))
  heard.length = 0
  await first.revocations.add(
    Array.from({ length: 10_000 }, (_, index) => revocation(`x ${index} ${'ü'.repeat(30)}`)),
    [],
  )
  await until('a commit is heard of', () => heard.length > 0)
  assert.deepEqual(heard, [{ about: 'everything' }])
})

test('REL-021: a node whose news are cut off is told to forget everything, and hears again', async (t) => {
  const [first, second, url] = await twoStores(t)
  const heard = heardBy(second)
  const database = new URL(url).pathname.slice(1)
  for (let round = 0; round < 3; round += 1) {
    heard.length = 0
    await (await sharedPostgres()).query(
      database,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mintmark news' AND datname = $1",
      [database],
    )
    await commitNow(first, [change('client', `lost-${round}`)])
    await until('it is noticed that news may be missed', () => heard.some(({ about }) => about === 'everything'))
    await until('commits are heard of again', async () => {
      heard.length = 0
      await commitNow(first, [change('client', `heard-${round}-${performance.now()}`)])
      await new Promise((resolve) => setTimeout(resolve, 50))
      return heard.some(({ about }) => about === 'configuration')
    })
  }
})

test('REL-021: a node whose news are swallowed stops believing what it kept within its bound, and recovers', async (t) => {
  const { port, createDatabase, query } = await sharedPostgres()
  const { name, url, drop } = await createDatabase(await migratedDatabase())
  const proxy = await startTcpProxy(port)
  const listenUrl = url.replace(`:${port}/`, `:${proxy.port}/`)
  // What has a URL of its own for news comes through a pooler as a rule, and brings its limits.
  for (const limit of ['statement_timeout = 2700', 'idle_in_transaction_session_timeout = 5000']) {
    await query('postgres', `ALTER DATABASE ${name} SET ${limit}`)
  }
  const told: (string | undefined)[] = []
  const [first, second] = await Promise.all([
    openStore(url, ''),
    openStore(url, '', { postgres: { listenUrl }, onNews: (trouble) => told.push(trouble) }),
  ])
  t.after(async () => {
    await Promise.all([first.close(), second.close()])
    await proxy.close()
    await drop()
  })
  const heard = heardBy(second)
  second.catchUp()
  assert.equal(heard.length, 0)
  proxy.swallow()
  const began = performance.now()
  await commitNow(first, [change('client', 'a')])
  await until('it is noticed', () => {
    second.catchUp()
    return heard.length > 0
  })
  const noticed = performance.now() - began
  t.diagnostic(`noticed after ${Math.round(noticed)} ms`)
  assert.ok(noticed < 5000)
  assert.equal(heard[0]?.about, 'everything')
  proxy.release()
  await until('commits are heard of again', async () => {
    heard.length = 0
    await commitNow(first, [change('client', `b-${performance.now()}`)])
    await new Promise((resolve) => setTimeout(resolve, 100))
    return heard.some(({ about }) => about === 'configuration')
  })
  await until('the end of the trouble is told', () => told.at(-1) === undefined && told.length > 1)
  assert.equal(told.length, 2)
})

test('a database that answers is asked, though news of other nodes are cut off for good', async (t) => {
  const server = await sharedPostgres()
  const { url, drop } = await server.createDatabase(await migratedDatabase())
  const setup = new pg.Client({ connectionString: url })
  await setup.connect()
  const name = setup.escapeIdentifier(new URL(url).pathname.slice(1))
  await setup.query(`ALTER DATABASE ${name} SET statement_timeout = '2700ms'`)
  await setup.query(`ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '5s'`)
  await setup.end()
  const proxy = await startTcpProxy(Number(new URL(url).port))
  t.after(() => proxy.close())
  const listenUrl = new URL(url)
  listenUrl.port = `${proxy.port}`
  const lost: (string | undefined)[] = []
  const store = await openStore(url, '', {
    postgres: { listenUrl: listenUrl.href },
    onNews: (reason) => lost.push(reason),
  })
  t.after(async () => {
    await store.close()
    await drop()
  })
  await proxy.close()
  await until('the loss is noticed', () => lost.length > 0)
  // Longer than the first attempts to connect again take.
  const end = performance.now() + 1500
  await until('it stays well', async () => {
    assert.equal(await store.configuration.readEntity(workspace, 'client', 'a'), undefined)
    assert.equal(store.contact().unreachable, false)
    return performance.now() > end
  })
})

test('one node leads at a time, and another when it ends', async (t) => {
  const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
  t.after(drop)
  const first = await openStore(url, '')
  const second = await openStore(url, '')
  assert.deepEqual([first.leads(), second.leads()], [true, false])
  await first.close()
  assert.equal(first.leads(), false)
  await until('the second leads', () => second.leads())
  await second.close()
})

test('an event that is committed late is not skipped by who follows, though higher numbers are there', async (t) => {
  const [first, second, url] = await twoStores(t)
  const slow = new pg.Client({ connectionString: url })
  await slow.connect()
  await first.audit.append(event({ body: '{"n":1}' }))
  assert.equal((await first.audit.follow({}, 0, 10)).position, 1)
  // A node in the middle of a commit: it has its number in the log and has not committed.
  await slow.query('BEGIN')
  await slow.query(
    `WITH begun AS MATERIALIZED (SELECT pg_current_xact_id() AS id)
     INSERT INTO audit_event (slot, time, type, workspace, client, body)
     SELECT 0, 0, 'late', '', '', '{"n":2}' FROM begun WHERE id IS NOT NULL`,
  )
  await second.audit.append(event({ body: '{"n":3}' }))
  const before = await first.audit.follow({}, 0, 10)
  assert.deepEqual(
    before.events.map(({ body }) => body),
    ['{"n":1}'],
  )
  assert.equal(before.position, 1)
  await slow.query('COMMIT')
  const after = await first.audit.follow({}, before.position, 10)
  assert.deepEqual(
    after.events.map(({ body }) => body),
    ['{"n":2}', '{"n":3}'],
  )
  await slow.end()
})

test('who follows while two nodes append sees every event once, in order', async (t) => {
  const nodes = await twoStores(t)
  const total = 2000
  let appended = 0
  const appending = Promise.all(
    [0, 1].map(async (index) => {
      const node = nodes[index] as Store
      for (let count = 0; count < total / 20; count += 1) {
        await Promise.all(Array.from({ length: 10 }, () => node.audit.append(event())))
        appended += 10
      }
    }),
  )
  const seen: number[] = []
  let position = 0
  while (seen.length < total) {
    const page = await nodes[0].audit.follow({}, position, 500)
    seen.push(...page.events.map(({ sequence }) => sequence))
    position = page.position
    if (page.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await appending
  assert.equal(appended, total)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(seen).size, total)
})

test('a write that waits in vain for what another holds leaves no connection behind that refuses everything', async (t) => {
  const [store, , url] = await twoStores(t)
  const locker = new pg.Client({ connectionString: url })
  await locker.connect()
  await locker.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`workspace ${workspace}`])
  const commits = Array.from({ length: 7 }, (_, index) =>
    store.changes.commit(commitOf([change('client', `waiting-${index}`)], { validatedAt: 0 }), [event()]),
  )
  for (const outcome of await Promise.allSettled(commits)) {
    assert.equal(outcome.status, 'rejected')
    assert.equal((outcome.reason as Error).name, 'StoreUnavailableError')
  }
  await locker.end()
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 7 }, (_, index) => store.settings.write(`after-${index}`, String(round))))
  }
  assert.equal(
    (await store.changes.commit(commitOf([change('client', 'after')], { validatedAt: 0 }), [event()])).outcome,
    'committed',
  )
})

test('REL-043: of a credential that one node deletes while another notes its use, no note is left', async (t) => {
  const [a, b] = await twoStores(t)
  for (let round = 0; round < 30; round += 1) {
    const client = `client-${round}`
    const credential = `secret-${round}`
    await commitNow(a, [change('client', client), change('credential', credential, { parent: client })])
    const use = { workspace, client, credential, time, address: '10.0.0.1', agent: '', instance: '' }
    await Promise.all([
      b.credentialUse.save([use]),
      commitNow(a, [change('client', client, { expectedRevision: 2 * round + 1, body: undefined })]),
    ])
    assert.deepEqual(await a.credentialUse.listOfClient(workspace, client), [])
  }
})
