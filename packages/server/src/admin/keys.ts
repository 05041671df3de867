import { type KeyView, operations } from '@mintmark/protocol/admin'
import { type KeyRecord, keyState } from '../domain/signing-key.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import type { AdminDependencies } from './dependencies.ts'
import { assertWorkspace } from './list-entities.ts'
import { instant } from './views.ts'

const view = (record: KeyRecord, now: number): KeyView => {
  const { kid, use, algorithm, created, activeFrom, retiredFrom, goneFrom, compromisedAt } = record
  return {
    kid,
    use,
    algorithm,
    state: keyState(record, now),
    created: instant(created),
    activeFrom: instant(activeFrom),
    ...(retiredFrom === undefined ? {} : { retiredFrom: instant(retiredFrom) }),
    ...(goneFrom === undefined ? {} : { goneFrom: instant(goneFrom) }),
    ...(compromisedAt === undefined ? {} : { compromisedAt: instant(compromisedAt) }),
  }
}

export const createKeyHandlers = ({ store, keys, offered, clock }: AdminDependencies): readonly Handler[] => {
  const list = async (workspace: WorkspaceKey) => {
    const now = clock.now()
    const records = await store.keys.listKeys(workspace)
    return { body: { items: records.map((record) => view(record, now)) } }
  }

  const algorithmNamed = (name: string): KeyRecord['algorithm'] => {
    const known = [...offered().algorithms, 'A256GCM']
    if (known.includes(name)) return name as KeyRecord['algorithm']
    throw new AdminProblem('invalid-input', `There is no algorithm ${name}, but ${known.join(', ')}.`, {
      check: 'algorithm',
      errors: [{ path: '/algorithm', message: `must be one of ${known.join(', ')}` }],
    })
  }

  return [
    handle(operations.listKeys, async ({ workspace }) => {
      await assertWorkspace(store, workspace)
      return list(workspace)
    }),
    handle(operations.rotateKey, async ({ workspace, input, administrator }) => {
      await assertWorkspace(store, workspace)
      await keys.rotate(workspace, algorithmNamed(input.algorithm), administrator.actor)
      return list(workspace)
    }),
    handle(operations.compromiseKey, async ({ workspace, parameters, administrator }) => {
      await assertWorkspace(store, workspace)
      const known = await keys.compromise(workspace, parameters.kid, administrator.actor)
      if (known === undefined) throw notFound(`key ${parameters.kid} in ${workspace}`)
      return list(workspace)
    }),
  ]
}
