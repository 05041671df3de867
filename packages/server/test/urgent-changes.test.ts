import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSystemRandom } from '../src/lib/random.ts'
import { foundWorkspace } from '../src/registry/bootstrap.ts'
import { createChangeSets } from '../src/registry/change-set.ts'
import { apiPlace } from '../src/registry/steps.ts'
import { engines } from './store-contract/engines.ts'

const workspace = 'acme/urgent' as const
const random = createSystemRandom()
const clock = { now: () => Date.now() }
const offered = () => ({
  capabilities: [],
  authenticationMethods: [],
  tokenFormats: ['jwt'],
  algorithms: ['ES256'],
  endpoints: [],
})

for (const engine of engines) {
  test(`${engine.name}: what is urgent does not wait for a change set that is long in the making, and neither is lost`, async (context) => {
    const place = await engine.createPlace()
    const store = await place.open()
    context.after(async () => {
      await store.close()
      await place.remove()
    })
    await foundWorkspace({ workspace, settings: {}, apis: {}, clients: {}, note: 'urgent' }, { store, clock, random })
    const changeSets = createChangeSets({ store, offered, clock, random })
    const [begun, made] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const creating = (id: string) =>
      ({ action: 'create', place: apiPlace(id), body: { audience: `https://${id}.example` } }) as const
    const common = { workspace, actor: 'system/admin/cli', note: 'test' } as const
    const long = changeSets.commit({
      ...common,
      steps: async () => {
        begun.resolve()
        await made.promise
        return [creating('long')]
      },
    })
    await begun.promise
    const urgent = await changeSets.commit({ ...common, steps: [creating('urgent')], urgent: true })
    made.resolve()
    const later = await long
    assert.ok(later.committed.revision > urgent.committed.revision)
    const apis = await store.configuration.readAll(workspace, 'api')
    assert.deepEqual(apis.map(({ id }) => id).sort(), ['long', 'urgent'])
  })
}
