import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AuditEvent } from '../../src/audit/events.ts'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call, clock } = server
const grant = { grant_type: 'client_credentials' }
const day = 86_400_000

const tend = () => server.background.runNow('credential-care')

const make = async (id: string): Promise<{ readonly id: string; readonly secret: string }> => {
  const permissions = [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }]
  const input = { id, capabilities: ['client_credentials'], permissions, secret: { type: 'generated' } }
  const { secret } = (await call('createClient', {}, { input })).body
  return { id: secret?.id ?? '', secret: secret?.secret ?? '' }
}
const status = async (client: string, secret: string, agent: string): Promise<number> =>
  (await server.post('/oauth2/token', grant, { ...server.basic(client, secret), 'user-agent': agent })).status

const events = async (client: string) => {
  const { items } = (await call('listAuditEvents', {}, { query: { client } })).body
  type Rotation = Extract<AuditEvent, { readonly type: `rotation.${string}` }>
  return (items as unknown as Rotation[])
    .filter(({ type }) => type.startsWith('rotation.'))
    .map(({ type, actor, left }) => [type, actor, left?.map(({ agent }) => agent)])
}

test('one left behind on an old secret is named before the end and at it, once each, and refused from the end on', async () => {
  const { secret } = await make('behind')
  await call('startRotation', { client: 'behind' }, { input: { overlap: 8 * 3600 } })
  await status('behind', secret, 'report/1.4')
  await tend()
  assert.deepEqual((await events('behind')).length, 1)
  clock.advance(6.5 * 3_600_000)
  assert.equal(await status('behind', secret, 'report/1.4'), 200)
  await tend()
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  assert.match(metrics, /^mintmark_rotations_in_use 1$/m)
  await tend()
  clock.advance(1.5 * 3_600_000)
  assert.equal(await status('behind', secret, 'report/1.4'), 401)
  await tend()
  await tend()
  assert.deepEqual(await events('behind'), [
    ['rotation.completed', 'system', ['report/1.4']],
    ['rotation.ending', 'system', ['report/1.4']],
    ['rotation.started', 'system/admin/cli', undefined],
  ])
})

test('nobody is warned of an end that nobody will notice', async () => {
  await make('quiet')
  await call('startRotation', { client: 'quiet' }, { input: { overlap: 3600 } })
  clock.advance(3_500_000)
  await tend()
  clock.advance(200_000)
  await tend()
  assert.deepEqual(
    (await events('quiet')).map(([type]) => type),
    ['rotation.completed', 'rotation.started'],
  )
})

test('what was retired is removed when that can no longer be undone, and its rotation with it; what lives stays', async () => {
  await make('tidy')
  const kept = (await call('createSecret', { client: 'tidy' }, { input: { type: 'generated', staged: true } })).body
  const { body } = await call('startRotation', { client: 'tidy' }, { input: { overlap: 60 } })
  clock.advance(7 * day)
  await tend()
  assert.equal((await call('listCredentials', { client: 'tidy' })).body.items.length, 3)
  assert.equal((await call('showRotation', { client: 'tidy' })).status, 200)
  clock.advance(120_000)
  await tend()
  const left = (await call('listCredentials', { client: 'tidy' })).body.items.map(({ id }) => id)
  assert.deepEqual(left.sort(), [kept.id, body.fresh[0]?.id].sort())
  assert.equal((await call('showRotation', { client: 'tidy' })).status, 404)
})

test('callers that were not seen for 90 days are forgotten', async () => {
  const { secret } = await make('seen')
  await status('seen', secret, 'one')
  await call('listCallers', { client: 'seen' })
  clock.advance(91 * day)
  await status('seen', secret, 'two')
  await call('listCallers', { client: 'seen' })
  await server.background.runNow('purge-credential-callers')
  const { items } = (await call('listCallers', { client: 'seen' })).body
  assert.deepEqual(
    items.map(({ agent }) => agent),
    ['two'],
  )
})
