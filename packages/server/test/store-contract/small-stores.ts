import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, event, oddTexts, otherWorkspace, time, workspace } from './rows.ts'

const hour = 3_600_000

const client = { kind: 'client', id: 'cb', parent: '' } as const

/** A store with a client that has two credentials, in each of two workspaces. */
const withCredentials = async (t: TestContext, engine: Engine): Promise<Store> => {
  const { store } = await freshStore(t, engine)
  const credentials = ['s1', 's2'].map((id) => change('credential', id, { parent: client.id }))
  for (const each of [workspace, otherWorkspace] as const) {
    await commitNow(store, [change('client', client.id), ...credentials], { workspace: each })
  }
  return store
}

export const credentialUseContract = (engine: Engine): void => {
  test('the latest use of each credential is kept, whatever order uses are saved in', async (t) => {
    const store = await withCredentials(t, engine)
    const lastUse = (credential: string, at: number, address: string) => ({
      workspace,
      client: 'cb',
      credential,
      time: time + at,
      address,
    })
    const use = (...given: Parameters<typeof lastUse>) => ({ ...lastUse(...given), agent: '', instance: '' })
    await store.credentialUse.save([use('s1', 5, '10.0.0.5'), use('s2', 1, '10.0.0.1')])
    await store.credentialUse.save([use('s1', 3, '10.0.0.3'), use('s2', 2, '10.0.0.2')])
    await store.credentialUse.save([{ ...use('s1', 9, '10.0.0.9'), workspace: otherWorkspace }])
    await store.credentialUse.save([])
    assert.deepEqual(await store.credentialUse.listOfClient(workspace, 'cb'), [
      lastUse('s1', 5, '10.0.0.5'),
      lastUse('s2', 2, '10.0.0.2'),
    ])
    assert.deepEqual(await store.credentialUse.listOfClient(workspace, 'cx'), [])
  })

  test('REL-043: a use that is written after its credential was deleted is not kept', async (t) => {
    const store = await withCredentials(t, engine)
    const use = (credential: string) => ({
      workspace,
      client: 'cb',
      credential,
      time,
      address: '10.0.0.1',
      agent: '',
      instance: '',
    })
    await commitNow(store, [change('credential', 's1', { parent: 'cb', expectedRevision: 1, body: undefined })])
    await store.credentialUse.save([use('s1'), use('s2'), { ...use('s2'), client: 'cx' }])
    const kept = await store.credentialUse.listOfClient(workspace, 'cb')
    assert.deepEqual(
      kept.map(({ credential }) => credential),
      ['s2'],
    )
    assert.deepEqual(await store.credentialUse.listOfClient(workspace, 'cx'), [])
    assert.equal(await store.credentialUse.purge(time + 1, 9), 1)
  })
}

export const credentialCallerContract = (engine: Engine): void => {
  const use = (credential: string, at: number, instance: string) => ({
    workspace,
    client: 'cb',
    credential,
    time: time + at,
    address: '10.0.0.1',
    agent: 'billing/2',
    instance,
  })
  test('the latest use by each caller is kept, the latest first, and one call may name a caller twice', async (t) => {
    const store = await withCredentials(t, engine)
    await store.credentialUse.save([use('s1', 5, 'a'), use('s1', 1, 'b'), use('s1', 4, 'a'), use('s2', 3, 'a')])
    await store.credentialUse.save([use('s1', 2, 'a'), use('s1', 6, 'b')])
    await store.credentialUse.save([{ ...use('s1', 9, 'a'), workspace: otherWorkspace }])
    assert.deepEqual(await store.credentialUse.listCallers(workspace, 'cb'), [
      use('s1', 6, 'b'),
      use('s1', 5, 'a'),
      use('s2', 3, 'a'),
    ])
    assert.deepEqual(await store.credentialUse.listCallers(workspace, 'cx'), [])
  })

  test('of each credential the latest fifty callers are kept, whoever comes', async (t) => {
    const store = await withCredentials(t, engine)
    await store.credentialUse.save([use('s2', 0, 'steady')])
    for (let index = 0; index < 12; index += 1) {
      await store.credentialUse.save(Array.from({ length: 10 }, (_, part) => use('s1', index, `${index} ${part}`)))
    }
    const callers = await store.credentialUse.listCallers(workspace, 'cb')
    const ofFirst = callers.filter(({ credential }) => credential === 's1')
    assert.equal(ofFirst.length, 50)
    assert.equal(Math.min(...ofFirst.map((one) => one.time)), time + 7)
    assert.deepEqual(callers.at(-1), use('s2', 0, 'steady'))
  })

  test('callers that were not seen for long are forgotten, at most as many as it is told', async (t) => {
    const store = await withCredentials(t, engine)
    await store.credentialUse.save([0, 1, 2, 3].map((at) => use('s1', at, String(at))))
    assert.equal(await store.credentialUse.purge(time + 3, 2), 2)
    assert.equal(await store.credentialUse.purge(time + 3, 2), 1)
    assert.equal(await store.credentialUse.purge(time + 3, 2), 0)
    assert.deepEqual(await store.credentialUse.listCallers(workspace, 'cb'), [use('s1', 3, '3')])
  })
}

export const idempotencyContract = (engine: Engine): void => {
  const record = (key: string, expires: number) => ({ key, request: 'digest', response: 'sealed', expires })

  test('an answer is found by its key until it expires', async (t) => {
    const { store } = await freshStore(t, engine)
    await store.idempotency.save(record('cli 1', time + 10))
    assert.deepEqual(await store.idempotency.find('cli 1', time + 9), record('cli 1', time + 10))
    assert.equal(await store.idempotency.find('cli 1', time + 10), undefined)
    assert.equal(await store.idempotency.find('cli 2', time), undefined)
    await store.idempotency.save(record('cli 1', time + 20))
    assert.deepEqual(await store.idempotency.find('cli 1', time + 15), record('cli 1', time + 20))
  })

  test('purging forgets expired answers, at most as many as it is told', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let index = 0; index < 5; index += 1) await store.idempotency.save(record(`k${index}`, time + index))
    assert.equal(await store.idempotency.purge(time + 3, 2), 2)
    assert.equal(await store.idempotency.purge(time + 3, 100), 2)
    assert.equal((await store.idempotency.find('k4', time))?.key, 'k4')
  })
}

export const singleUseContract = (engine: Engine): void => {
  test('of any number of calls with one value at once, exactly one is the first', async (t) => {
    const { store } = await freshStore(t, engine)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => store.singleUse.use(`value ${index % 5}`, time + 60_000)),
    )
    assert.equal(answers.filter(Boolean).length, 5)
    assert.deepEqual(answers.slice(0, 5), [true, true, true, true, true])
    assert.equal(await store.singleUse.use('another', time + 60_000), true)
  })

  test('SEC-061: a value that was used stays used after closing and opening', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    assert.equal(await store.singleUse.use('value', time + 60_000), true)
    const again = await reopen()
    assert.equal(await again.singleUse.use('value', time + 60_000), false)
    for (const text of oddTexts) assert.equal(await again.singleUse.use(text, time), true)
  })

  test('a value whose time has a fraction counts once, and fails nothing that is written with it', async (t) => {
    const { store } = await freshStore(t, engine)
    const use = () => store.singleUse.use('fraction', 1_763_713_123.4567 * 1000 + 0.25)
    const answers = await Promise.all([use(), store.audit.append(event()), store.singleUse.use('whole', time), use()])
    assert.deepEqual([answers[0], answers[2], answers[3]], [true, true, false])
  })

  test('purging forgets what has expired, at most as many as it is told', async (t) => {
    const { store } = await freshStore(t, engine)
    for (let index = 0; index < 5; index += 1) await store.singleUse.use(`v${index}`, time + index * hour)
    assert.equal(await store.singleUse.purge(time + 3 * hour, 2), 2)
    assert.equal(await store.singleUse.purge(time + 3 * hour, 100), 1)
    assert.equal(await store.singleUse.purge(time + 3 * hour, 100), 0)
    assert.equal(await store.singleUse.use('v0', time), true)
    assert.equal(await store.singleUse.use('v4', time + 4 * hour), false)
  })
}

export const settingContract = (engine: Engine): void => {
  test('of values kept at once under one name one stays, and all are told which', async (t) => {
    const { store } = await freshStore(t, engine)
    const kept = await Promise.all(['a', 'b', 'c', 'd'].map((value) => store.settings.keep('name', value)))
    assert.equal(new Set(kept).size, 1)
    assert.equal(await store.settings.read('name'), kept[0])
    assert.equal(await store.settings.keep('name', 'late'), kept[0])
  })

  test('a setting is written, replaced and read, also after closing and opening', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    assert.equal(await store.settings.read('name'), undefined)
    await store.settings.write('name', 'one')
    for (const text of oddTexts) await store.settings.write(text, text)
    await store.settings.write('name', 'two')
    const again = await reopen()
    assert.equal(await again.settings.read('name'), 'two')
    for (const text of oddTexts) assert.equal(await again.settings.read(text), text)
  })
}

export const closingContract = (engine: Engine): void => {
  test('what was asked before closing is done, what is asked after is refused', async (t) => {
    const { store, place } = await freshStore(t, engine)
    const asked = Promise.all([store.settings.write('before', 'closing'), store.maintenance.checkWritable()])
    await store.close()
    await asked
    for (const refused of [
      () => store.settings.write('after', 'closing'),
      () => store.settings.read('before'),
      () => store.audit.append({ time, type: 't', workspace, client: '', reference: '', body: '{}' }),
      () => store.configuration.readClient(workspace, 'cb'),
      () => store.revocations.listLive(0),
      () => store.maintenance.checkWritable(),
    ]) {
      await assert.rejects(refused, { name: 'StoreUnavailableError' })
    }
    await store.close()
    const again = await place.open()
    assert.equal(await again.settings.read('before'), 'closing')
    await again.close()
  })
}
