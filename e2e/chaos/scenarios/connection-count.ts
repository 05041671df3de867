import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { allReady, type Cluster, maximumConnections, type Node } from '../cluster.ts'
import { answersBetween, assertNone, isGood, p99 } from '../observe.ts'
import type { Scenario } from '../scenario.ts'
import { startTraffic } from '../traffic.ts'

/** Requests a second; fewer where the machine is too slow for it. */
const rate = Number(process.env.MINTMARK_CHAOS_RATE ?? 500)
/** Connections that a node may have. */
const limit = 10

/** Looks again and again how many sessions of each node PostgreSQL has. */
const watchSessions = ({ postgres, database }: Cluster, nodes: readonly Node[]) => {
  const most = new Map(nodes.map((node) => [node, 0]))
  let looks = 0
  let watching = true
  const watch = async (): Promise<void> => {
    while (watching) {
      const { rows } = await postgres.query(
        database,
        "SELECT client_port AS port FROM pg_stat_activity WHERE backend_type = 'client backend'",
      )
      looks += 1
      for (const [node, before] of most) {
        const own = rows.filter(({ port }: { readonly port?: number }) => node.way.clientPorts.has(port ?? 0))
        most.set(node, Math.max(before, own.length))
      }
      await pause(50)
    }
  }
  const done = watch()
  return async () => {
    watching = false
    await done
    return { looks, most: [...most.values()] }
  }
}

export const connectionCount: Scenario = {
  name: `REL-016: at ${rate} requests a second and while nodes are restarted none has more than its ${limit} connections, and no request fails`,
  run: async ({ cluster, journal, scale, report }) => {
    const { postgres, database } = cluster
    const [one, two, third] = cluster.nodes
    const pair = [one, two]
    const environment = { MINTMARK_STORE_CONNECTIONS: String(limit) }
    const restart = async (node: Node, settings?: Readonly<Record<string, string>>): Promise<void> => {
      assert.equal(await node.stop(), 0)
      await node.start(settings)
    }
    const { rows } = await postgres.query(database, 'SHOW max_connections')
    assert.deepEqual(rows, [{ max_connections: String(maximumConnections) }])
    const log = join(postgres.directory, 'server.log')
    const logged = statSync(log).size
    for (const node of pair) {
      await restart(node, environment)
      await allReady(cluster)
    }
    await third.stop()
    const sessions = watchSessions(cluster, pair)
    const load = startTraffic(cluster, journal, `${third.name}-load`, {
      pace: rate,
      administrationInterval: 250,
    })
    const began = performance.now()
    const ends = began + (scale === 1 ? 15_000 : 60_000)
    try {
      while (performance.now() < ends - 9000) {
        await pause(2000)
        for (const node of pair) {
          await restart(node, environment)
          await pause(1000)
        }
      }
      await pause(Math.max(0, ends - performance.now()))
    } finally {
      await load.stop()
    }
    const ended = performance.now()
    const { looks, most } = await sessions()
    await third.start()
    for (const node of pair) {
      await restart(node)
      await allReady(cluster)
    }
    const answers = answersBetween(journal, began, ended, ['token', 'introspect', 'revoke', 'administer'])
    report(
      `${Math.round((answers.length * 1000) / (ended - began))} requests a second, sent at most ${Math.round(load.latest())} ms late; p99 ${p99(answers)} ms`,
    )
    report(`most sessions of each node in ${looks} looks: ${most.join(', ')}`)
    assertNone(
      answers.filter((answer) => !isGood(answer)),
      'not one request fails',
    )
    assert.ok(
      most.every((sessions) => sessions > 1 && sessions <= limit),
      'no node has more than it may',
    )
    const complaints = readFileSync(log, 'utf8').slice(logged)
    assert.doesNotMatch(complaints, /too many clients|connection slots/)
  },
}
