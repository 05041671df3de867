import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Difference, DocumentInput, Problem, WorkspaceDocument } from '@mintmark/protocol/admin'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call } = server

const grant = { grant_type: 'client_credentials' }
const brief = (changes: readonly Difference[]) =>
  changes.map(({ action, kind, id }) => `${action} ${kind}${kind === 'credential' ? '' : ` ${id}`}`)

const payments: WorkspaceDocument = {
  workspace: 'payments',
  settings: { displayName: 'Payments', tokenLifetime: 600, aliases: [{ path: '/pay/token', endpoint: 'token' }] },
  apis: { ledger: { audience: 'https://ledger.test', scopes: [{ name: 'ledger:read', description: 'Read' }] } },
  clients: {
    report: {
      capabilities: ['client_credentials'],
      permissions: [{ api: 'ledger', scopes: ['ledger:read'], defaultScopes: ['ledger:read'] }],
      secrets: [{ type: 'chosen', value: 'report-secret' }],
    },
    idle: {},
  },
}
const at = { workspace: 'payments' }
const plan = (input: DocumentInput, token?: string) =>
  call('planDocument', at, token === undefined ? { input } : { input, token })
const apply = (input: DocumentInput, headers: Record<string, string> = {}) =>
  call('applyDocument', at, { input, headers })
const revisionNow = async () => (await server.store.configuration.readWorkspaceRow('acme/payments'))?.revision ?? 0

test('a plan shows what a document would do and does nothing; applying it does just that', async () => {
  const planned = await plan({ document: payments })
  assert.equal(planned.status, 200, planned.text)
  assert.equal(planned.body.base, 0)
  assert.deepEqual(planned.body.conflicts, [])
  assert.deepEqual(brief(planned.body.changes), [
    'created workspace acme/payments',
    'created api ledger',
    'created client report',
    'created credential',
    'created client idle',
  ])
  assert.equal(await revisionNow(), 0)
  const applied = await apply({ document: payments, note: 'first' })
  assert.equal(applied.status, 200, applied.text)
  assert.deepEqual(brief(applied.body.changes), brief(planned.body.changes))
  assert.deepEqual(applied.body.secrets, [])
  assert.ok(!applied.text.includes('report-secret'))
  const response = await server.post(`${server.publicUrl}/pay/token`, grant, server.basic('report', 'report-secret'))
  assert.equal(response.status, 200)
})

test('a document that is applied again changes nothing, its chosen secrets included', async () => {
  const before = await revisionNow()
  const again = await apply({ document: payments })
  assert.deepEqual([again.status, again.body.changes, again.body.revision], [200, [], before])
  assert.deepEqual((await plan({ document: payments, prune: true })).body.changes, [])
})

test('what a document says otherwise is updated, what it leaves out of a client is the default again', async () => {
  const clients = { ...payments.clients, idle: { displayName: 'Idle', enabled: false } }
  const applied = await apply({ document: { ...payments, clients } })
  assert.deepEqual(brief(applied.body.changes), ['updated client idle'])
  assert.deepEqual(
    applied.body.changes[0]?.members.map(({ name }) => name),
    ['displayName', 'enabled'],
  )
  const back = await apply({ document: payments })
  assert.deepEqual(back.body.changes[0]?.members, [
    { name: 'displayName', before: 'Idle', after: '' },
    { name: 'enabled', before: false, after: true },
  ])
})

test('what a document does not name stays, and goes with prune', async () => {
  await call('createApi', at, { input: { id: 'extra', audience: 'https://extra.test' } })
  await call('createClient', at, { input: { id: 'extra', introspects: ['extra'] } })
  assert.deepEqual((await plan({ document: payments })).body.changes, [])
  const pruned = await apply({ document: payments, prune: true })
  assert.deepEqual(brief(pruned.body.changes), ['deleted client extra', 'deleted api extra'])
})

test('a new chosen secret is added; the old one goes with prune only', async () => {
  const report = { ...payments.clients?.report, secrets: [{ type: 'chosen', value: 'report-secret-2' } as const] }
  const document = { ...payments, clients: { ...payments.clients, report } }
  const status = async (secret: string) =>
    (await server.post(`${server.publicUrl}/pay/token`, grant, server.basic('report', secret))).status
  const added = await apply({ document })
  assert.deepEqual(brief(added.body.changes), ['created credential'])
  assert.deepEqual([await status('report-secret'), await status('report-secret-2')], [200, 200])
  const pruned = await apply({ document, prune: true })
  assert.deepEqual(brief(pruned.body.changes), ['deleted credential'])
  assert.deepEqual([await status('report-secret'), await status('report-secret-2')], [401, 200])
  const { secrets: _secrets, ...without } = report
  const silent = { ...document, clients: { ...document.clients, report: without } }
  assert.deepEqual((await plan({ document: silent, prune: true })).body.changes, [])
})

test('a generated secret in a document is made once, shown once, and kept', async () => {
  const clients = { ...payments.clients, fresh: { secrets: [{ type: 'generated' } as const] } }
  const first = await apply({ document: { ...payments, clients } })
  assert.match(first.body.secrets[0]?.secret ?? '', /^mmk_cs_/)
  const planned = await plan({ document: { ...payments, clients } })
  assert.ok(!JSON.stringify(planned.body.changes).includes('fresh'), planned.text)
})

test('an export is the document without secrets, and applying it changes nothing', async () => {
  const exported = await call('exportDocument', at)
  assert.equal(exported.status, 200)
  assert.equal(exported.body.tenant, 'acme')
  assert.equal(exported.body.workspace, 'payments')
  assert.doesNotMatch(exported.text, /secret|hash|digest/)
  const again = await apply({ document: exported.body, prune: true })
  assert.deepEqual([again.status, again.body.changes], [200, []], again.text)
  const cases = await call('exportDocument')
  const round = await call('planDocument', {}, { input: { document: cases.body, prune: true } })
  assert.deepEqual([round.status, round.body.changes, round.body.conflicts], [200, [], []], round.text)
  const copy = { ...exported.body, workspace: 'copy', settings: { ...exported.body.settings, aliases: [] } }
  const copied = await call('applyDocument', { workspace: 'copy' }, { input: { document: copy } })
  assert.equal(copied.status, 200, copied.text)
})

test('a document is applied on the revision it was planned on, or not at all', async () => {
  const planned = await plan({ document: payments })
  await call('updateWorkspace', at, { input: { displayName: 'Moved' } })
  const stale = await apply({ document: payments }, { 'if-match': planned.headers.get('etag') ?? '' })
  assert.equal(stale.status, 412, stale.text)
  const fresh = await plan({ document: payments })
  const applied = await apply({ document: payments }, { 'if-match': fresh.headers.get('etag') ?? '' })
  assert.equal(applied.status, 200, applied.text)
})

test('a document that breaks a rule is refused whole, every reason named', async () => {
  const before = await revisionNow()
  const document: WorkspaceDocument = {
    workspace: 'payments',
    apis: { broken: { audience: 'not a uri' }, fine: { audience: 'https://fine.test' } },
    clients: { 'needs-it': { permissions: [{ api: 'missing', scopes: ['x'] }] } },
  }
  const planned = await plan({ document })
  assert.equal(planned.body.conflicts.length, 2, planned.text)
  const refused = await apply({ document })
  assert.equal(refused.status, 400)
  assert.equal((refused.body as unknown as Problem).errors?.length, 2)
  assert.equal(await revisionNow(), before)
  const other = await apply({ document: { workspace: 'elsewhere' } })
  assert.equal(other.status, 400)
  assert.equal((await apply({ document: { workspace: 'payments', tenant: 'other' } })).status, 400)
  for (const bad of [
    { workspace: 'payments', clientz: {} },
    { workspace: 'payments', clients: { 'a\nb': {} } },
    { workspace: 'payments', apis: { 'Not an id': { audience: 'https://x.test' } } },
    { workspace: 'payments', clients: { x: { secrets: [{ env: 'NAME' }] } } },
  ]) {
    const reply = await apply({ document: bad as unknown as WorkspaceDocument })
    assert.equal(reply.status, 400, JSON.stringify(bad))
  }
})

test('secrets in a document need the scope for secrets, to plan with as well', async () => {
  const token = await server.administrator(['read', 'write'])
  assert.equal((await plan({ document: payments }, token)).status, 403)
  const { secrets: _secrets, ...report } = payments.clients?.report ?? {}
  const secretless = { ...payments, clients: { ...payments.clients, report } }
  assert.equal((await plan({ document: secretless }, token)).status, 200)
})

test('a new tenant comes with its first document, for who may make one', async () => {
  const parameters = { tenant: 'fresh', workspace: 'w' }
  const input = { document: { tenant: 'fresh', workspace: 'w' } }
  const limited = await server.administrator(['read:fresh', 'write:fresh'])
  assert.equal((await call('applyDocument', parameters, { input, token: limited })).status, 404)
  assert.equal((await call('applyDocument', parameters, { input })).status, 200)
  assert.equal((await call('showTenant', { tenant: 'fresh' })).status, 200)
  assert.equal((await call('applyDocument', parameters, { input, token: limited })).status, 200)
})

test('a client called like a member of every object is a client like any other', async () => {
  const body = `{"document":{"workspace":"payments","clients":{"__proto__":{"displayName":"odd"},"constructor":{}}}}`
  const response = await fetch(`${server.adminUrl}/admin/v1/workspaces/acme/payments/apply`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await server.adminToken()}` },
    body,
  })
  assert.equal(response.status, 200, await response.text())
  assert.equal((await call('showClient', { ...at, client: '__proto__' })).body.displayName, 'odd')
  const exported = await call('exportDocument', at)
  assert.ok(Object.hasOwn(exported.body.clients ?? {}, '__proto__'))
  assert.equal(({} as { displayName?: string }).displayName, undefined)
})

test('no document makes a workspace whose key reads as that of another', async () => {
  const before = await server.store.configuration.listWorkspaces()
  const tenants = await server.store.configuration.listTenants()
  for (const tenant of ['a/b', 'system/admin', 'Acme', 'a b', '\u202eacme']) {
    const reply = await call('applyDocument', { tenant, workspace: 'c' }, { input: { document: { workspace: 'c' } } })
    assert.equal(reply.status, 400, `${tenant}: ${reply.text}`)
  }
  const own = await call(
    'applyDocument',
    { tenant: 'system', workspace: 'other' },
    { input: { document: { workspace: 'other' } } },
  )
  assert.equal(own.status, 409, own.text)
  assert.deepEqual(await server.store.configuration.listWorkspaces(), before)
  assert.deepEqual(await server.store.configuration.listTenants(), tenants)
})

test('who administers all tenants but the server’s own gets no token of the system workspace by way of its name', async () => {
  const made = await call(
    'createClient',
    { tenant: 'system', workspace: 'admin' },
    {
      input: {
        capabilities: ['client_credentials'],
        permissions: [{ api: 'admin', scopes: ['write', 'secrets:*'], defaultScopes: ['write'] }],
        secret: { type: 'generated' },
      },
    },
  )
  const token = await server.adminToken('write secrets:system/admin', made.body.id, made.body.secret?.secret)
  const document: WorkspaceDocument = {
    workspace: 'c',
    settings: { aliases: [{ path: '/elsewhere/token', endpoint: 'token' }] },
    apis: { admin: { audience: 'https://x.test', scopes: [{ name: 'write' }] } },
    clients: {
      d: {
        capabilities: ['client_credentials'],
        permissions: [{ api: 'admin', scopes: ['write'], defaultScopes: ['write'] }],
        secrets: [{ type: 'chosen', value: 'report-secret' }],
      },
    },
  }
  await call('applyDocument', { tenant: 'system/admin', workspace: 'c' }, { input: { document }, token })
  await server.post(`${server.publicUrl}/elsewhere/token`, grant, server.basic('d', 'report-secret'))
  const response = await server.post(
    `${server.adminUrl}/system/admin/oauth2/token`,
    grant,
    server.basic('c/d', 'report-secret'),
  )
  assert.equal(response.status, 401)
})
