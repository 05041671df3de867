import { createElapsed } from '../../lib/elapsed.ts'
import type { Listeners } from '../sql/store.ts'
import type { Store, StoreOptions } from '../store.ts'
import type { Address } from './address.ts'
import { type Channel, createChannel } from './channel.ts'
import type { Connections } from './connections.ts'
import { readNews } from './news.ts'

/** While news may be missing, what was read is believed for so long, in milliseconds. */
const believed = 1000

/**
 * Hands the news of other nodes to who listens. As long as they are known to come, what is kept is good; else it is forgotten
 * again and again, at the moment it would be used, until they come again: also in a process that was frozen meanwhile.
 */
export const createCatchUp = ({
  listeners,
  address,
  node,
  connections,
  onNews = () => {},
  elapsed = createElapsed(),
}: {
  readonly listeners: Listeners
  readonly address: Address
  readonly node: string
  readonly connections: Pick<Connections, 'query'>
  readonly onNews?: StoreOptions['onNews']
  readonly elapsed?: () => number
}): { readonly channel: Channel; readonly catchUp: Store['catchUp'] } => {
  let forgotten = Number.NEGATIVE_INFINITY
  const forget = (): void => {
    forgotten = elapsed()
    listeners.notify({ about: 'everything' })
  }
  const channel = createChannel({
    address,
    node,
    elapsed,
    pingThrough: (name, payload) => connections.query('SELECT pg_notify($1, $2)', [name, payload]),
    ask: () => connections.query('SELECT 1'),
    onNews: (payload) => {
      const news = readNews(payload)
      if ('ping' in news) return
      // Our own commits were told when they were answered; other changes of ours may have lost their answer.
      if (news.node === node && news.change.about === 'configuration') return
      listeners.notify(news.change)
    },
    onGap: forget,
    onTrouble: onNews,
  })
  return {
    channel,
    catchUp: () => {
      if (channel.isCurrent() || elapsed() - forgotten < believed) return
      forget()
    },
  }
}
