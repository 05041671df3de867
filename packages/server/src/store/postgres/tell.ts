import type { Store } from '../store.ts'
import type { Connections } from './connections.ts'
import { encodeTold } from './news.ts'
import { notifyPatience } from './primary.ts'

/** What waits to be told at the most; who makes a node tell more makes it forget to. */
const mostWaiting = 64

/** There is nothing to make durable: the commit waits neither for a disk nor for a standby, while others wait to notify. */
const telling = `SELECT set_config('lock_timeout', '${notifyPatience}', true), set_config('synchronous_commit', 'off', true),
  count(pg_notify('mintmark_' || current_schema(), payload)) FROM unnest($1::text[]) AS payload`

/** Tells the other nodes, by one statement at a time, and nobody waits for it: what is not heard is known to one node alone. */
export const createTeller = (node: string, connections: Pick<Connections, 'query'>): Store['tell'] => {
  let waiting: string[] = []
  let underWay = false
  const send = async (): Promise<void> => {
    underWay = true
    while (waiting.length > 0) {
      const payloads = waiting
      waiting = []
      await connections.query(telling, [payloads]).catch(() => {})
    }
    underWay = false
  }
  return (told) => {
    if (waiting.length >= mostWaiting) return
    waiting.push(encodeTold(node, told))
    if (!underWay) void send()
  }
}
