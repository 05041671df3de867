import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Engine, freshStore } from './engine.ts'
import { change, commitNow, oddTexts, otherWorkspace, time, workspace } from './rows.ts'

const everything = { after: '', limit: 1000, search: '', parent: '' }

export const configurationContract = (engine: Engine): void => {
  test('a new store is empty', async (t) => {
    const { store } = await freshStore(t, engine)
    assert.deepEqual(await store.configuration.listTenants(), [])
    assert.deepEqual(await store.configuration.listWorkspaces(), [])
    assert.deepEqual(await store.configuration.listWorkspaceEntities(), [])
    assert.equal(await store.configuration.readWorkspaceRow(workspace), undefined)
    assert.equal(await store.configuration.readEntity(workspace, 'client', 'cb'), undefined)
    assert.equal(await store.configuration.readClient(workspace, 'cb'), undefined)
    assert.deepEqual(await store.configuration.list(workspace, 'client', everything), [])
  })

  test('tenants are listed in the order of their ids, and an id is given once', async (t) => {
    const { store } = await freshStore(t, engine)
    const tenant = (id: string) => ({ id, displayName: id.toUpperCase(), created: time })
    assert.equal(await store.changes.createTenant(tenant('b'), []), 'created')
    assert.equal(await store.changes.createTenant(tenant('a'), []), 'created')
    assert.equal(await store.changes.createTenant({ ...tenant('a'), displayName: 'Other' }, []), 'exists')
    assert.deepEqual(await store.configuration.listTenants(), [tenant('a'), tenant('b')])
  })

  test('a secret is found by its digest in every workspace that has it, and not when it is deleted', async (t) => {
    const { store } = await freshStore(t, engine)
    const body = (digest: string) => JSON.stringify({ type: 'secret', hash: { kind: 'sha256', digest } })
    const secret = (id: string, digest: string) => change('credential', id, { parent: 'cb', body: body(digest) })
    await commitNow(store, [change('client', 'cb'), secret('s1', 'D1'), secret('s2', 'd1')])
    await commitNow(store, [change('client', 'cb'), secret('s1', 'D1')], { workspace: otherWorkspace })
    const places = async (digest: string) =>
      (await store.configuration.findSecret(digest))
        .map(({ workspace: of, entity }) => `${of} ${entity.parent} ${entity.id} ${entity.kind} ${entity.revision}`)
        .sort()
    assert.deepEqual(
      await places('D1'),
      [`${workspace} cb s1 credential 1`, `${otherWorkspace} cb s1 credential 1`].sort(),
    )
    assert.equal((await store.configuration.findSecret('D1'))[0]?.entity.body, body('D1'))
    assert.deepEqual([await places('d'), await places(''), await places("'")], [[], [], []])
    await commitNow(store, [change('credential', 's1', { parent: 'cb', body: undefined, expectedRevision: 1 })], {
      validatedAt: 1,
    })
    assert.deepEqual(await places('D1'), [`${otherWorkspace} cb s1 credential 1`])
  })

  test('a client is read with its own credentials, in the order of their ids, and with nobody else’s', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      change('client', 'cb'),
      change('client', 'cb2'),
      change('credential', 's2', { parent: 'cb' }),
      change('credential', 's1', { parent: 'cb' }),
      change('credential', 's3', { parent: 'cb2' }),
    ])
    await commitNow(store, [change('client', 'cb', { body: '{"elsewhere":true}' })], { workspace: otherWorkspace })
    assert.deepEqual(await store.configuration.readClient(workspace, 'cb'), {
      client: { kind: 'client', id: 'cb', parent: '', revision: 1, body: '{"name":"cb"}' },
      credentials: ['s1', 's2'].map((id) => ({
        kind: 'credential',
        id,
        parent: 'cb',
        revision: 1,
        body: `{"name":"${id}"}`,
      })),
    })
    const elsewhere = await store.configuration.readClient(otherWorkspace, 'cb')
    assert.deepEqual([elsewhere?.client.body, elsewhere?.credentials], ['{"elsewhere":true}', []])
  })

  test('an entity is found by workspace, kind and id, exactly', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [change('client', 'cb'), change('api', 'cb', { body: '{"api":true}' })])
    assert.equal((await store.configuration.readEntity(workspace, 'api', 'cb'))?.body, '{"api":true}')
    for (const id of ['CB', 'cb ', ' cb', 'c', 'cb%', '']) {
      assert.equal(await store.configuration.readEntity(workspace, 'client', id), undefined, JSON.stringify(id))
      assert.equal(await store.configuration.readClient(workspace, id), undefined, JSON.stringify(id))
    }
    assert.equal(await store.configuration.readEntity(otherWorkspace, 'client', 'cb'), undefined)
  })

  test('the settings of every workspace are listed with its name', async (t) => {
    const { store } = await freshStore(t, engine)
    for (const key of [workspace, otherWorkspace]) {
      await commitNow(store, [change('workspace', key), change('client', 'cb')], { workspace: key })
    }
    const listed = await store.configuration.listWorkspaceEntities()
    assert.deepEqual(
      listed.map((entity) => [entity.workspace, entity.kind, entity.id]),
      [
        [workspace, 'workspace', workspace],
        [otherWorkspace, 'workspace', otherWorkspace],
      ],
    )
    assert.deepEqual(await store.configuration.listWorkspaces(), [
      { key: workspace, revision: 1 },
      { key: otherWorkspace, revision: 1 },
    ])
  })

  test('pages follow each other without a gap or a repetition', async (t) => {
    const { store } = await freshStore(t, engine)
    const ids = Array.from({ length: 25 }, (_, index) => `client-${String(index).padStart(2, '0')}`)
    await commitNow(
      store,
      ids.toReversed().map((id) => change('client', id)),
    )
    const seen: string[] = []
    for (let after = ''; ; ) {
      const page = await store.configuration.list(workspace, 'client', { ...everything, after, limit: 10 })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 10) break
      after = page.at(-1)?.id ?? ''
    }
    assert.deepEqual(seen, ids)
    assert.deepEqual(
      (await store.configuration.readAll(workspace, 'client')).map(({ id }) => id),
      ids,
    )
  })

  test('credentials are listed by the client they belong to', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(store, [
      change('client', 'a'),
      change('client', 'b'),
      change('credential', 's1', { parent: 'a' }),
      change('credential', 's2', { parent: 'b' }),
    ])
    const listed = await store.configuration.list(workspace, 'credential', { ...everything, parent: 'b' })
    assert.deepEqual(
      listed.map(({ id, parent }) => [id, parent]),
      [['s2', 'b']],
    )
    assert.equal((await store.configuration.readEntity(workspace, 'credential', 's2'))?.parent, 'b')
  })

  test('a search takes its text literally, but for the case of ASCII letters', async (t) => {
    const { store } = await freshStore(t, engine)
    const bodies: Readonly<Record<string, string>> = {
      percent: '{"name":"100% Sure"}',
      underscore: '{"name":"a_b"}',
      plain: '{"name":"axb 100 sure"}',
      backslash: '{"name":"a\\\\b"}',
      umlaut: '{"name":"Äpfel"}',
    }
    await commitNow(
      store,
      Object.entries(bodies).map(([id, body]) => change('client', id, { body })),
    )
    const found = async (search: string) =>
      (await store.configuration.list(workspace, 'client', { ...everything, search })).map(({ id }) => id)
    assert.deepEqual(await found('100%'), ['percent'])
    assert.deepEqual(await found('a_b'), ['underscore'])
    assert.deepEqual(await found('a\\'), ['backslash'])
    assert.deepEqual(await found('SURE'), ['percent', 'plain'])
    assert.deepEqual(await found('Äpf'), ['umlaut'])
    assert.deepEqual(await found('UNDERscore'), ['underscore'])
    assert.deepEqual(await found("' OR 1=1 --"), [])
  })

  test('ids and bodies of any characters come back as they were', async (t) => {
    const { store } = await freshStore(t, engine)
    await commitNow(
      store,
      oddTexts.map((text) => change('client', text, { body: JSON.stringify({ text }) })),
    )
    for (const text of oddTexts) {
      const found = await store.configuration.readClient(workspace, text)
      assert.equal(found?.client.id, text)
      assert.deepEqual(JSON.parse(found?.client.body ?? ''), { text })
      const listed = await store.configuration.list(workspace, 'client', { ...everything, search: text })
      assert.ok(
        listed.some(({ id }) => id === text),
        JSON.stringify(text),
      )
    }
  })
}
