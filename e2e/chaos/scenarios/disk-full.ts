import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../../packages/server/test/until.ts'
import { createSmallDisk } from '../../durability/small-disk.ts'
import { createProbe } from '../at-node.ts'
import { allReady } from '../cluster.ts'
import { allDelivered, whileGoingOn } from '../going-on.ts'
import type { Scenario } from '../scenario.ts'

export const diskFull: Scenario = {
  name: 'without the database and with a full disk nothing is issued; with room again it is, and every event is delivered',
  staleLimit: 5000,
  run: async ({ cluster, journal, report }) => {
    const [, , node] = cluster.nodes
    await node.stop()
    const disk = createSmallDisk(node.dataDirectory)
    report(disk.kind)
    try {
      await node.start()
      await allReady(cluster)
      const probe = await createProbe(cluster, journal)
      await whileGoingOn(cluster, async () => {
        assert.ok((await probe.take(node)).token)
        await cluster.postgres.stop('immediate')
        await until('tokens without the database', async () => (await probe.take(node)).token !== undefined)
        disk.fill(node.pid())
        await until('no token that is nowhere recorded', async () => (await probe.take(node)).answer.status === 503)
        disk.free(node.pid())
        await until('tokens again', async () => (await probe.take(node)).token !== undefined)
        await cluster.postgres.start()
        await allReady(cluster)
        await allDelivered(cluster.nodes)
      })
      await pause(500)
    } finally {
      await node.stop()
      disk.remove()
      await node.start()
      await allReady(cluster)
    }
  },
}
