import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EntityChange, Store, StoreChange } from '../../src/store/store.ts'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, commitOf, draft, event, otherWorkspace, time, workspace } from './rows.ts'

const remove = (kind: EntityChange['kind'], id: string, expectedRevision: number, parent = ''): EntityChange =>
  change(kind, id, { expectedRevision, parent, body: undefined })

const ids = async (store: Store, kind: EntityChange['kind']): Promise<readonly string[]> =>
  (await store.configuration.readAll(workspace, kind)).map(({ id }) => id)

const record = (key: string, expires = time + 1000) => ({ key, request: 'digest', response: 'sealed', expires })

export const commitContract = (engine: Engine): void => {
  test('a commit raises the revision by one and stamps what it changed', async (t) => {
    const { store } = await freshStore(t, engine)
    assert.deepEqual(await commitNow(store, [change('client', 'a'), change('client', 'b')]), {
      outcome: 'committed',
      revision: 1,
    })
    assert.deepEqual(await commitNow(store, [change('client', 'b', { expectedRevision: 1, body: '{}' })]), {
      outcome: 'committed',
      revision: 2,
    })
    const clients = await store.configuration.readAll(workspace, 'client')
    assert.deepEqual(
      clients.map(({ id, revision, body }) => [id, revision, body]),
      [
        ['a', 1, '{"name":"a"}'],
        ['b', 2, '{}'],
      ],
    )
  })

  test('a body may hold any character that JSON can write', async (t) => {
    const { store } = await freshStore(t, engine)
    const body = JSON.stringify({ displayName: 'zero \0, half \uD800', hash: { kind: 'sha256', digest: 'd' } })
    const changes = (['client', 'api'] as const).map((kind) => change(kind, 'a', { body }))
    const result = await commitNow(store, [...changes, change('credential', 's', { parent: 'a', body })])
    assert.equal(result.outcome, 'committed')
    assert.equal((await store.configuration.readClient(workspace, 'a'))?.credentials[0]?.body, body)
    assert.equal((await store.configuration.findSecret('d')).length, 1)
  })

  test('a commit validated against another revision than the latest changes nothing', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'a')])
    for (const validatedAt of [0, 2]) {
      const result = await store.changes.commit(commitOf([change('client', 'b')], { validatedAt }), [event()])
      assert.deepEqual(result, { outcome: 'moved', revision: 1 })
    }
    assert.deepEqual(await ids(store, 'client'), ['a'])
    assert.equal(await store.audit.newest(), 0)
  })

  test('conflicts are named all at once, and nothing of the commit is kept', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'a'), change('client', 'b'), change('client', 'c')])
    await commitNow(store, [change('client', 'b', { expectedRevision: 1 }), remove('client', 'c', 1)])
    const result = await commitNow(
      store,
      [
        change('client', 'new'),
        change('client', 'a'),
        change('client', 'b', { expectedRevision: 1 }),
        change('client', 'c', { expectedRevision: 1 }),
      ],
      {},
      [event()],
    )
    assert.deepEqual(result, {
      outcome: 'conflict',
      conflicts: ['client a exists already', 'client b was changed in revision 2', 'client c no longer exists'],
    })
    assert.deepEqual(await ids(store, 'client'), ['a', 'b'])
    assert.equal((await store.configuration.readWorkspaceRow(workspace))?.revision, 2)
    assert.equal((await store.changes.listRevisions(workspace, 100, 100)).length, 2)
    assert.equal(await store.audit.newest(), 0)
  })

  test('one entity changed twice in a commit is a conflict', async (t) => {
    const { store } = await freshStore(t, engine)
    const result = await commitNow(store, [change('client', 'a'), change('client', 'a', { body: '{"second":true}' })])
    assert.deepEqual(result, { outcome: 'conflict', conflicts: ['client a is changed twice'] })
  })

  test('of commits against one revision exactly one wins', async (t) => {
    const { store } = await freshStore(t, engine)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.changes.commit(commitOf([change('client', `c${index}`)]), [])),
    )
    assert.equal(results.filter(({ outcome }) => outcome === 'committed').length, 1)
    assert.equal(results.filter(({ outcome }) => outcome === 'moved').length, 19)
    assert.equal((await ids(store, 'client')).length, 1)
  })

  test('workspaces number their revisions apart', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'a')])
    await commitNow(store, [change('client', 'b')])
    const other = await commitNow(store, [change('client', 'a')], { workspace: otherWorkspace })
    assert.deepEqual(other, { outcome: 'committed', revision: 1 })
  })

  test('a claimed name belongs to one entity of the whole server', async (t) => {
    const { store } = await freshStore(t, engine)
    const claims = ['path:/oauth/v2/oauth-token']
    await commitNow(store, [change('workspace', workspace, { claims })])
    const taken = await commitNow(store, [change('workspace', otherWorkspace, { claims })], {
      workspace: otherWorkspace,
    })
    assert.deepEqual(taken, {
      outcome: 'conflict',
      conflicts: [`workspace ${otherWorkspace}: path:/oauth/v2/oauth-token is taken`],
    })
    assert.equal(await store.configuration.readWorkspaceRow(otherWorkspace), undefined)
  })

  test('a name is free again when its holder is deleted or no longer claims it', async (t) => {
    const { store } = await freshStore(t, engine)
    const other = (claims: readonly string[]) =>
      commitNow(store, [change('workspace', otherWorkspace, { claims })], { workspace: otherWorkspace })
    await commitNow(store, [change('api', 'a', { claims: ['x', 'y'] }), change('api', 'b', { claims: ['z'] })])
    assert.equal((await other(['x'])).outcome, 'conflict')
    await commitNow(store, [change('api', 'a', { claims: ['y'], expectedRevision: 1 }), remove('api', 'b', 1)])
    assert.equal((await other(['y'])).outcome, 'conflict')
    assert.equal((await other(['x', 'z'])).outcome, 'committed')
  })

  test('within a commit a name passes from one entity to another, in whatever order they come', async (t) => {
    for (const reversed of [false, true]) {
      const { store } = await freshStore(t, engine)
      await commitNow(store, [change('api', 'a', { claims: ['x'] }), change('api', 'b', { claims: ['y'] })])
      const swap = [
        change('api', 'a', { claims: ['y'], expectedRevision: 1 }),
        change('api', 'b', { claims: ['x'], expectedRevision: 1 }),
      ]
      const result = await commitNow(store, reversed ? swap.toReversed() : swap)
      assert.equal(result.outcome, 'committed')
    }
  })

  test('a client takes its credentials, their claims and their last use with it', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      change('client', 'a'),
      change('client', 'b'),
      change('credential', 's1', { parent: 'a', claims: ['thumbprint:1'] }),
      change('credential', 's2', { parent: 'b' }),
    ])
    const use = (client: string, credential: string) => ({
      workspace,
      client,
      credential,
      time,
      address: '127.0.0.1',
      agent: '',
      instance: '',
    })
    await store.credentialUse.save([use('a', 's1'), use('b', 's2')])
    await commitNow(store, [remove('client', 'a', 1)])
    assert.deepEqual(await ids(store, 'credential'), ['s2'])
    assert.deepEqual(await store.credentialUse.listOfClient(workspace, 'a'), [])
    assert.equal((await store.credentialUse.listOfClient(workspace, 'b')).length, 1)
    assert.deepEqual(await store.credentialUse.listCallers(workspace, 'a'), [])
    assert.equal((await store.credentialUse.listCallers(workspace, 'b')).length, 1)
    const again = await commitNow(store, [
      change('client', 'a'),
      change('credential', 's9', { parent: 'a', claims: ['thumbprint:1'] }),
    ])
    assert.equal(again.outcome, 'committed')
    const client = await store.configuration.readClient(workspace, 'a')
    assert.deepEqual(
      client?.credentials.map(({ id }) => id),
      ['s9'],
    )
  })

  test('a client and a credential of it may be deleted by name in one commit', async (t) => {
    for (const order of ['client first', 'credential first']) {
      const { store } = await freshStore(t, engine)
      await commitNow(store, [change('client', 'a'), change('credential', 's1', { parent: 'a' })])
      const both = [remove('client', 'a', 1), remove('credential', 's1', 1, 'a')]
      const result = await commitNow(store, order === 'client first' ? both : both.toReversed())
      assert.equal(result.outcome, 'committed', order)
      assert.deepEqual(await ids(store, 'credential'), [])
    }
  })

  test('a credential of a client that is not there, or goes in the same commit, is a conflict', async (t) => {
    const { store } = await freshStore(t, engine)
    const lonely = await commitNow(store, [change('credential', 's1', { parent: 'nobody' })])
    assert.deepEqual(lonely, { outcome: 'conflict', conflicts: ['credential s1: client nobody does not exist'] })
    await commitNow(store, [change('client', 'a')])
    const orphan = await commitNow(store, [remove('client', 'a', 1), change('credential', 's1', { parent: 'a' })])
    assert.deepEqual(orphan, { outcome: 'conflict', conflicts: ['credential s1: client a does not exist'] })
    assert.deepEqual(await ids(store, 'client'), ['a'])
  })

  test('a workspace takes everything in it but its history', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      change('workspace', workspace, { claims: ['path:/x'] }),
      change('api', 'api-a'),
      change('client', 'a'),
      change('credential', 's1', { parent: 'a' }),
    ])
    await store.changes.saveDraft(draft(), [])
    await commitNow(store, [remove('workspace', workspace, 1)])
    for (const kind of ['workspace', 'api', 'client', 'credential'] as const) {
      assert.deepEqual(await ids(store, kind), [], kind)
    }
    assert.deepEqual(await store.changes.listDrafts(workspace), [])
    assert.equal((await store.changes.listRevisions(workspace, 100, 100)).length, 2)
    const again = await commitNow(store, [change('workspace', workspace, { claims: ['path:/x'] })])
    assert.deepEqual(again, { outcome: 'committed', revision: 3 })
  })

  test('whoever subscribed hears of every change, also of what went with a deletion, and no more after leaving', async (t) => {
    const { store } = await freshStore(t, engine)
    const heard: StoreChange[] = []
    const leave = store.subscribe((committed) => heard.push(committed))
    await commitNow(store, [change('client', 'a'), change('credential', 's1', { parent: 'a' })])
    await commitNow(store, [remove('client', 'a', 1)])
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
        about: 'configuration',
        workspace,
        entities: [
          { kind: 'client', id: 'a', parent: '' },
          { kind: 'credential', id: 's1', parent: 'a' },
        ],
      },
    ])
    await commitNow(store, [change('client', 'x'), change('client', 'x')])
    assert.equal(heard.length, 2)
    leave()
    await commitNow(store, [change('client', 'b')])
    assert.equal(heard.length, 2)
  })

  test('the events of a commit are recorded with it', async (t) => {
    const { store } = await freshStore(t, engine)
    const done = event({ type: 'configuration.changed', body: '{"done":true}' })
    await commitNow(store, [change('client', 'a')], {}, [done])
    const { events } = await store.audit.list({}, Number.MAX_SAFE_INTEGER, 10)
    assert.deepEqual(events, [{ ...done, sequence: 1 }])
  })

  test('an idempotency key is used once, also by requests that come at the same time', async (t) => {
    const { store } = await freshStore(t, engine)
    const first = await commitNow(store, [change('client', 'a')], { idempotency: record('cli 1') })
    assert.equal(first.outcome, 'committed')
    const again = await commitNow(store, [change('client', 'b')], { idempotency: record('cli 1') })
    assert.deepEqual(again, { outcome: 'repeated' })
    assert.deepEqual(await store.idempotency.find('cli 1', time), record('cli 1'))
    const later = await commitNow(store, [change('client', 'c')], {
      idempotency: record('cli 1', time + 9000),
      time: time + 1000,
    })
    assert.equal(later.outcome, 'committed')
    assert.deepEqual(await ids(store, 'client'), ['a', 'c'])
  })

  test('a commit ends the draft it came from, and a refused one leaves it', async (t) => {
    const { store } = await freshStore(t, engine)
    await store.changes.saveDraft(draft({ id: 'mine' }), [])
    await store.changes.saveDraft(draft({ id: 'yours' }), [])
    await commitNow(store, [change('client', 'x'), change('client', 'x')], { draft: { id: 'mine', version: 1 } })
    assert.equal((await store.changes.listDrafts(workspace)).length, 2)
    await commitNow(store, [change('client', 'a')], { draft: { id: 'mine', version: 1 } })
    assert.deepEqual(
      (await store.changes.listDrafts(workspace)).map(({ id }) => id),
      ['yours'],
    )
  })

  test('a commit of a draft that was changed, committed or discarded meanwhile changes nothing', async (t) => {
    const { store } = await freshStore(t, engine)
    await store.changes.saveDraft(draft({ id: 'mine' }), [])
    await store.changes.saveDraft(draft({ id: 'mine', version: 2, operations: '[2]' }), [])
    for (const ended of [
      { id: 'mine', version: 1 },
      { id: 'gone', version: 1 },
    ]) {
      const result = await commitNow(store, [change('client', 'a')], { draft: ended }, [event()])
      assert.equal(result.outcome, 'conflict', ended.id)
    }
    assert.deepEqual(await ids(store, 'client'), [])
    assert.deepEqual(
      (await store.changes.listDrafts(workspace)).map(({ version }) => version),
      [2],
    )
    assert.equal((await store.audit.list({}, Number.MAX_SAFE_INTEGER, 10)).events.length, 0)
    const result = await commitNow(store, [change('client', 'a')], { draft: { id: 'mine', version: 2 } })
    assert.equal(result.outcome, 'committed')
  })

  test('a commit survives closing and opening', async (t) => {
    const { store, reopen } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'a'), change('credential', 's1', { parent: 'a' })])
    const again = await reopen()
    assert.equal((await again.configuration.readClient(workspace, 'a'))?.credentials.length, 1)
  })

  test('any sequence of commits leaves what a plain map would hold, whole or not at all', async (t) => {
    const id = fc.constantFrom('a', 'b', 'c')
    const operation = fc.record({
      id,
      expectedRevision: fc.nat({ max: 4 }),
      body: fc.option(fc.constantFrom('{}', '{"x":1}'), { nil: undefined }),
      claims: fc.subarray(['n1', 'n2']),
    })
    const commits = fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 })
    const { store } = await freshStore(t, engine)
    let round = 0
    await fc.assert(
      fc.asyncProperty(commits, async (sequence) => {
        round += 1
        const here = `acme/round-${round}` as const
        // Names are the whole server's: each round has its own.
        const named = (claims: readonly string[]) => claims.map((name) => `${here} ${name}`)
        const model = new Map<string, { revision: number; body: string; claims: readonly string[] }>()
        let revision = 0
        for (const operations of sequence) {
          const changes = operations.map((one) => change('client', one.id, { ...one, claims: named(one.claims) }))
          const next = new Map(model)
          let fits = new Set(operations.map((one) => one.id)).size === operations.length
          for (const one of operations) {
            if ((model.get(one.id)?.revision ?? 0) !== one.expectedRevision) fits = false
            if (one.body === undefined) next.delete(one.id)
            else next.set(one.id, { revision: revision + 1, body: one.body, claims: one.claims })
          }
          const held = [...next.values()].flatMap(({ claims }) => claims)
          if (new Set(held).size !== held.length) fits = false
          const result = await commitNow(store, changes, { workspace: here })
          assert.equal(result.outcome, fits ? 'committed' : 'conflict')
          if (!fits) continue
          revision += 1
          model.clear()
          for (const [name, value] of next) model.set(name, value)
        }
        const stored = await store.configuration.readAll(here, 'client')
        assert.deepEqual(
          stored.map((entity) => [entity.id, entity.revision, entity.body]),
          [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { revision: at, body }]) => [name, at, body]),
        )
        assert.equal((await store.configuration.readWorkspaceRow(here))?.revision ?? 0, revision)
        assert.equal((await store.changes.listRevisions(here, 1000, 1000)).length, revision)
      }),
      { numRuns: 40 },
    )
  })
}
