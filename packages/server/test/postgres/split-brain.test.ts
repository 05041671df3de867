import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import pg from 'pg'
import type { Store, StoreChange } from '../../src/store/store.ts'
import { openStore } from '../../src/store/stores.ts'
import { change, commitNow, workspace } from '../store-contract/rows.ts'
import { until } from '../until.ts'
import { startPostgres } from './postgres-server.ts'
import { alterSystem, startStandby } from './standby.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** Milliseconds within which a node must not believe any more what it cannot have heard of. */
const bound = 5000

const heardBy = (store: Store): StoreChange[] => {
  const heard: StoreChange[] = []
  store.subscribe((told) => heard.push(told))
  return heard
}

/** Whether the store may be asked, and what it says of a client. */
const ask = async (store: Store, id: string): Promise<'there' | 'not there' | string> => {
  try {
    const client = await store.configuration.readClient(workspace, id)
    return client === undefined ? 'not there' : 'there'
  } catch (error) {
    assert.equal((error as Error).name, 'StoreUnavailableError')
    return (error as Error).message
  }
}

const closing: (() => Promise<unknown>)[] = []
after(async () => {
  for (const close of closing.toReversed()) await close()
})

const proxyTo = async (port: number) => {
  const proxy = await startTcpProxy(port)
  closing.push(proxy.close)
  return proxy
}

const open = async (url: string, listenUrl?: string): Promise<Store> => {
  const store = await openStore(url, '', listenUrl === undefined ? {} : { postgres: { listenUrl } })
  closing.push(store.close)
  return store
}

/** Two servers of which the second was promoted while the first goes on, as happens when they lose sight of each other. */
const twoServers = async () => {
  const first = await startPostgres()
  closing.push(first.close)
  const { name } = await first.createDatabase()
  for (const limit of ['statement_timeout = 2700', 'idle_in_transaction_session_timeout = 5000']) {
    await first.query('postgres', `ALTER DATABASE ${name} SET ${limit}`)
  }
  const founding = await openStore(first.url(name), '')
  await commitNow(founding, [change('client', 'before')])
  await founding.close()
  const second = await startStandby(first)
  closing.push(second.close)
  const sessionsAtFirst = async (): Promise<number> => {
    const { rows } = await first.query(
      'postgres',
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'mintmark%'",
      [name],
    )
    return rows[0]?.count
  }
  const at = (port: number): string => `postgres://postgres@127.0.0.1:${port}/${name}`
  return { first, second, name, at, sessionsAtFirst }
}

describe('an address that moves to a promoted standby while the old primary goes on', async () => {
  const { first, second, at, sessionsAtFirst } = await twoServers()

  test('a node that has every connection to the old primary leaves it, forgets what it knew, and hears the new one', async (t) => {
    const proxy = await proxyTo(first.port)
    const store = await open(at(proxy.port))
    const heard = heardBy(store)
    await Promise.all(Array.from({ length: 20 }, () => ask(store, 'before')))
    assert.ok((await sessionsAtFirst()) > 5)
    await second.promote()
    const other = await open(at(second.port))
    proxy.leadTo(second.port)
    const movedAt = performance.now()
    await commitNow(other, [change('client', 'after')])
    await until('it forgets', () => {
      store.catchUp()
      return heard.some(({ about }) => about === 'everything')
    })
    const forgot = performance.now() - movedAt
    await until('it asks the new one', async () => (await ask(store, 'after')) === 'there')
    const asked = performance.now() - movedAt
    t.diagnostic(`forgot after ${Math.round(forgot)} ms, asked the new primary after ${Math.round(asked)} ms`)
    assert.ok(asked < bound)
    assert.equal(await sessionsAtFirst(), 0, 'no connection to the old one is left')
    heard.length = 0
    await commitNow(other, [change('client', 'heard')])
    await until('it hears', () => heard.some(({ about }) => about === 'configuration'))
  })

  test('an address that leads back to the old primary leads to nothing: no node that saw its successor believes it', async (t) => {
    const proxy = await proxyTo(second.port)
    const store = await open(at(proxy.port))
    assert.equal(await ask(store, 'after'), 'there')
    proxy.leadTo(first.port)
    proxy.cut()
    await until('it sees where it is', async () =>
      /left behind: its timeline is 1, and 2 was seen/.test(await ask(store, 'after')),
    )
    const end = performance.now() + 5500
    while (performance.now() < end) {
      assert.notEqual(await ask(store, 'after'), 'not there', 'what the old primary knows is never an answer')
      await assert.rejects(commitNow(store, [change('client', `lost-${performance.now()}`)]), {
        name: 'StoreUnavailableError',
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.equal(store.contact().unreachable, true)
    assert.ok(store.contact().newsAge > 5000)
    proxy.leadTo(second.port)
    proxy.cut()
    const back = await until('it goes on', async () => (await ask(store, 'after')) === 'there')
    t.diagnostic(`good again after ${Math.round(back)} ms`)
  })

  test('a node that hears the old primary while its pooler leads to the new one believes nothing it kept, until both lead there', async (t) => {
    const pool = await proxyTo(second.port)
    const news = await proxyTo(second.port)
    const told: (string | undefined)[] = []
    const store = await openStore(at(pool.port), '', {
      postgres: { listenUrl: at(news.port) },
      onNews: (trouble) => told.push(trouble),
    })
    closing.push(store.close)
    // Another server altogether, with a database of that name in it: the one that news come from is not the one that is asked.
    const { second: fourth } = await twoServers()
    await fourth.promote()
    pool.leadTo(fourth.port)
    pool.cut()
    const heard = heardBy(store)
    const movedAt = performance.now()
    await until('it is noticed', () => told.length > 0)
    t.diagnostic(`noticed after ${Math.round(performance.now() - movedAt)} ms`)
    heard.length = 0
    const end = performance.now() + 5000
    while (performance.now() < end) {
      store.catchUp()
      assert.equal(
        await ask(store, 'after'),
        'not there',
        'the database that is asked is the one that the address leads to',
      )
      assert.equal(store.leads(), false)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.ok(heard.length >= 4, `forgotten ${heard.length} times`)
    assert.deepEqual(told, ['the address of the database leads elsewhere than news come from'])
    news.leadTo(fourth.port)
    await until('news come from there', () => told.length === 2)
    await until('it believes', () => {
      heard.length = 0
      store.catchUp()
      return heard.length === 0 && store.contact().newsAge < 2000
    })
  })
})

describe('a standby', async () => {
  const { first, second, at } = await twoServers()

  test('is no database to start with', async () => {
    await assert.rejects(openStore(at(second.port), ''), /the database is a standby/)
  })

  test('is not asked, though it answers', async () => {
    const proxy = await proxyTo(first.port)
    const store = await open(at(proxy.port))
    assert.equal(await ask(store, 'before'), 'there')
    proxy.leadTo(second.port)
    proxy.cut()
    await until('it sees where it is', async () => (await ask(store, 'before')) === 'the database is a standby')
    for (let round = 0; round < 20; round += 1) {
      assert.notEqual(await ask(store, 'before'), 'there')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    proxy.leadTo(first.port)
    await until('it goes on', async () => (await ask(store, 'before')) === 'there')
  })

  test('that pooled connections lead to is not asked either', async () => {
    const pool = await proxyTo(first.port)
    const store = await open(at(pool.port), at(first.port))
    assert.equal(await ask(store, 'before'), 'there')
    pool.leadTo(second.port)
    pool.cut()
    const until503 = await until(
      'it sees where it is',
      async () => (await ask(store, 'before')) === 'the database is a standby',
    )
    assert.ok(until503 < bound, String(until503))
  })

  test('that every commit waits for, and that is gone: nothing is read from a primary that may have been replaced', async (t) => {
    const store = await open(at(first.port))
    await alterSystem(first, 'synchronous_standby_names', 'standby')
    await commitNow(store, [change('client', 'on both')])
    await second.kill()
    const goneAt = performance.now()
    // Only who reads goes on: nothing that hangs in a commit tells us.
    let lastAnswer = goneAt
    while (performance.now() - goneAt < 8000) {
      const sent = performance.now()
      if ((await ask(store, 'before')) === 'there') lastAnswer = sent
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.diagnostic(`read for ${Math.round(lastAnswer - goneAt)} ms more`)
    assert.ok(lastAnswer - goneAt < bound + 500)
    const { rows } = await first.query(
      'postgres',
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'mintmark%'",
    )
    t.diagnostic(`${rows[0]?.count} sessions wait for the standby`)
    assert.ok(rows[0]?.count <= 4, 'sessions do not pile up at the primary')
    await assert.rejects(openStore(at(first.port), ''), /waits for its standby|is its synchronous standby away/)
    await second.start()
    const back = await until('it goes on', async () => (await ask(store, 'on both')) === 'there')
    t.diagnostic(`good again ${Math.round(back)} ms after the standby was back`)
  })
})

test('a server that has no connection left is asked over one that there is', async () => {
  const server = await startPostgres({ settings: { max_connections: '14', superuser_reserved_connections: '0' } })
  closing.push(server.close)
  const { url } = await server.createDatabase()
  const store = await open(url)
  await Promise.all(Array.from({ length: 20 }, () => ask(store, 'nobody')))
  const others: pg.Client[] = []
  closing.push(async () => Promise.all(others.map((other) => other.end())))
  const end = performance.now() + 7000
  while (performance.now() < end) {
    const other = new pg.Client({ connectionString: url })
    other.on('error', () => {})
    await other.connect().then(
      () => others.push(other),
      () => {},
    )
    assert.equal(await ask(store, 'nobody'), 'not there')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.ok(others.length > 2)
  store.catchUp()
  assert.ok(store.contact().newsAge < 3000)
})
