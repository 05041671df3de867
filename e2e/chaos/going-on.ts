import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../packages/server/test/until.ts'
import { type Cluster, demo, type Node } from './cluster.ts'

/** Longer than until every node has heard of a change. */
const heard = 1500

/** Does something while the demo workspace goes on without its database, and takes that back. */
export const whileGoingOn = async (cluster: Cluster, act: () => Promise<void>): Promise<void> => {
  await cluster.admin.updateWorkspace(demo, { auditOutage: 'available' })
  await pause(heard)
  try {
    await act()
  } finally {
    await until('the workspace is strict again', () =>
      cluster.admin.updateWorkspace(demo, { auditOutage: 'strict' }).then(
        () => true,
        () => false,
      ),
    )
  }
}

/** Waits until nothing is left on the disks of nodes. */
export const allDelivered = (nodes: readonly Node[], patience = 20_000): Promise<number> =>
  until(
    'every audit event is delivered',
    async () => {
      const left = await Promise.all(nodes.map(({ metric }) => metric('mintmark_audit_spool_events')))
      return left.every((events) => events === 0)
    },
    patience,
  )

export const spooledBy = async (nodes: readonly Node[]): Promise<number> => {
  const spooled = await Promise.all(nodes.map(({ metric }) => metric('mintmark_audit_spool_events')))
  return spooled.reduce<number>((sum, events) => sum + (events ?? 0), 0)
}
