import type { Store } from '../../src/store/store.ts'

/** Everything a store holds that an upgrade must keep, as its interfaces give it: no schema shows. */
export const dump = async ({ configuration, changes, keys, revocations, audit, settings }: Store) => {
  const rows = await configuration.listWorkspaces()
  const workspaces = []
  for (const { key, revision } of rows) {
    const entities = []
    for (const kind of ['workspace', 'api', 'client', 'credential'] as const) {
      for (const entity of await configuration.readAll(key, kind)) {
        entities.push({ ...entity, body: JSON.parse(entity.body) as unknown })
      }
    }
    const revisions = await changes.readRevisions(key, 0, Number.MAX_SAFE_INTEGER)
    workspaces.push({
      key,
      revision,
      entities,
      revisions: revisions.map((one) => ({ ...one, changes: JSON.parse(one.changes) as unknown })),
      drafts: await changes.listDrafts(key),
    })
  }
  const { events } = await audit.follow({}, 0, 1000)
  return {
    tenants: await configuration.listTenants(),
    workspaces,
    keys: await keys.listAllKeys(),
    revocations: await revocations.listLive(0),
    events: events.map((event) => ({ ...event, body: JSON.parse(event.body) as unknown })),
    masterKeyCheck: await settings.read('master-key-check'),
  }
}

/** As JSON has it: members that are undefined are not there. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
