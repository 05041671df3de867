import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AdminError, createAdminClient, everyItem } from '@mintmark/client/admin'
import { startForGuide } from './guides/guide-server.ts'

const server = await startForGuide({ after })
const { admin } = server
const workspace = { tenant: 'acme', workspace: 'shop' }

await admin.createTenant({ id: 'acme' })
await admin.createWorkspace({ tenant: 'acme', id: 'shop' })

const assertRefused = async (call: Promise<unknown>, status: number, code: string): Promise<AdminError> => {
  const error = await call.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof AdminError, String(error))
  assert.deepEqual([error.status, error.code], [status, code])
  return error
}

test('operations are functions: parameters, then input or query, then options', async () => {
  const api = await admin.createApi(workspace, { id: 'a', audience: 'https://a.test', scopes: [{ name: 's' }] })
  assert.equal(api.tokenFormat, 'jwt')
  const client = await admin.createClient(workspace, {
    displayName: undefined,
    capabilities: ['client_credentials'],
    permissions: [{ api: 'a', scopes: ['s'], defaultScopes: ['s'] }],
    secret: { type: 'generated' },
  })
  assert.match(client.secret?.secret ?? '', /^mmk_cs_/)
  const changed = await admin.updateClient({ ...workspace, client: client.id }, { displayName: 'Shop' })
  assert.equal(changed.displayName, 'Shop')
  const { actor } = await admin.whoAmI()
  assert.equal(actor, 'system/admin/cli')
  const { items } = await admin.listAuditEvents({ type: 'configuration.', workspace: 'acme/shop', limit: 1 })
  assert.equal(items.length, 1)
})

test('ids with odd characters travel in paths', async () => {
  for (const id of ['an:id+1 %&é', 'a/b', '?', '#', 'ü']) {
    await admin.createClient(workspace, { id })
    assert.equal((await admin.showClient({ ...workspace, client: id })).id, id)
    await admin.deleteClient({ ...workspace, client: id })
  }
  await assert.rejects(admin.showClient({ ...workspace, client: '..' }), TypeError)
  await assert.rejects(admin.showClient({ ...workspace, client: '' }), TypeError)
})

test('a refusal is an AdminError with the problem and the reference that explains it', async () => {
  const error = await assertRefused(admin.showClient({ ...workspace, client: 'nobody' }), 404, 'not-found')
  const explained = await admin.explainReference({ reference: error.reference ?? '' })
  assert.equal(explained.event.type, 'administration.refused')
  const stale = admin.updateWorkspace(workspace, { displayName: 'x' }, { ifMatch: 999 })
  await assertRefused(stale, 412, 'stale')
  const invalid = await assertRefused(admin.createTenant({ id: 'Not an id' }), 400, 'invalid-input')
  assert.equal(invalid.problem.errors?.[0]?.path, '/id')
})

test('everyItem goes through all pages', async () => {
  for (let count = 0; count < 7; count += 1) await admin.createClient(workspace, { id: `page-${count}` })
  const ids: string[] = []
  for await (const { id } of everyItem((next) =>
    admin.listClients(workspace, { limit: 3, search: 'page-', after: next }),
  )) {
    ids.push(id)
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 7 }, (_, index) => `page-${index}`),
  )
})

test('an idempotency key makes a repeated call act once', async () => {
  const make = () => admin.createClient(workspace, {}, { idempotencyKey: 'once' })
  assert.equal((await make()).id, (await make()).id)
})

test('a token that was revoked is replaced without the caller noticing', async () => {
  await admin.revokeTokens({ tenant: 'system', workspace: 'admin' }, { workspace: true })
  assert.equal((await admin.whoAmI()).client, 'cli')
})

test('a wrong secret is a TokenError, and a URL that would leak it is refused at once', async () => {
  const wrong = createAdminClient({ adminUrl: server.adminUrl, clientId: 'cli', clientSecret: 'wrong' })
  await assert.rejects(wrong.whoAmI(), { name: 'TokenError', code: 'refused', oauthError: 'invalid_client' })
  const open = { adminUrl: 'http://admin.example', clientId: 'cli', clientSecret: 'x' }
  assert.throws(() => createAdminClient(open), { code: 'insecure_url' })
})
