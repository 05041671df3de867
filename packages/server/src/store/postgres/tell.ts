import type { Store } from '../store.ts'
import type { Connections } from './connections.ts'
import { encodeTold } from './news.ts'

/** What waits to be told at the most; who makes a node tell more makes it forget to. */
const mostWaiting = 64

/** Tells the other nodes, by one statement at a time, and nobody waits for it: what is not heard is known to one node alone. */
export const createTeller = (node: string, connections: Pick<Connections, 'query'>): Store['tell'] => {
  let waiting: string[] = []
  let telling = false
  const send = async (): Promise<void> => {
    telling = true
    while (waiting.length > 0) {
      const payloads = waiting
      waiting = []
      await connections
        .query("SELECT count(pg_notify('mintmark_' || current_schema(), payload)) FROM unnest($1::text[]) AS payload", [
          payloads,
        ])
        .catch(() => {})
    }
    telling = false
  }
  return (told) => {
    if (waiting.length >= mostWaiting) return
    waiting.push(encodeTold(node, told))
    if (!telling) void send()
  }
}
