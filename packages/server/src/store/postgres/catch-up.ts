import { createElapsed } from '../../lib/elapsed.ts'
import type { Listeners } from '../sql/store.ts'
import { type Store, type StoreOptions, StoreUnavailableError } from '../store.ts'
import type { Address } from './address.ts'
import { createChannel } from './channel.ts'
import { createClockVote } from './clock-vote.ts'
import type { Connection } from './connections.ts'
import { readNews } from './news.ts'
import { createPings } from './pings.ts'
import { createPrimaries } from './primary.ts'
import { createWay } from './way.ts'

/** While news may be missing, what was read is believed for so long, in milliseconds. */
const believed = 1000

/** What a node knows of the database and of the other nodes, and whether it may believe it. */
export type CatchUp = Pick<Store, 'catchUp' | 'leads' | 'contact'> & {
  /** Connects for the first time. @throws when the server cannot be reached, is no primary, or news do not come back */
  readonly start: () => Promise<void>
  /** Resolves when the database may be asked. @throws StoreUnavailableError */
  readonly proven: () => Promise<void>
  /** Looks at a connection to the server itself. @throws StoreUnavailableError when it leads elsewhere than the news come from */
  readonly admit: (query: Connection['query']) => Promise<void>
  readonly close: () => Promise<void>
}

/** What this node did itself and need not be told of. */
const ownIsKnown: readonly string[] = ['configuration', 'block']

/**
 * Hands the news of other nodes to who listens. As long as they are known to come, and from where everything is asked, what is
 * kept is good; else it is forgotten again and again, at the moment it would be used, until they come again: also in a process that
 * was frozen meanwhile.
 * @param address where everything is asked
 * @param direct whether the server itself is there, and no pooler
 * @param listenAddress the server itself
 * @param renew makes all connections anew
 */
export const createCatchUp = ({
  listeners,
  address,
  direct,
  listenAddress,
  node,
  spare,
  renew,
  onNews = () => {},
  elapsed = createElapsed(),
}: {
  readonly listeners: Listeners
  readonly address: Address
  readonly direct: boolean
  readonly listenAddress: Address
  readonly node: string
  readonly spare: Connection['query']
  readonly renew: () => void
  readonly onNews?: StoreOptions['onNews']
  readonly elapsed?: () => number
}): CatchUp => {
  let forgotten = Number.NEGATIVE_INFINITY
  const forget = (): void => {
    forgotten = elapsed()
    listeners.notify({ about: 'everything' })
  }
  const reasons: { channel?: string | undefined; way?: string | undefined } = {}
  let troubled = false
  /** Tells once that something is wrong, and once that nothing is. */
  const report =
    (about: 'channel' | 'way') =>
    (reason: string | undefined): void => {
      reasons[about] = reason
      const trouble = reasons.channel ?? reasons.way
      if ((trouble !== undefined) === troubled) return
      troubled = trouble !== undefined
      onNews(trouble)
    }
  /** The server that news came from last. */
  let heardFrom: string | undefined
  const clocks = createClockVote()
  const pings = createPings(node, elapsed, clocks.told)
  const primaries = createPrimaries()
  const leaveForElsewhere = (): void => {
    renew()
    channel.leave()
  }
  const channel = createChannel({
    address: listenAddress,
    primaries,
    pings,
    clocks,
    elapsed,
    ask: () => way.prove(),
    onNews: (payload) => {
      const news = readNews(payload)
      if ('ping' in news) {
        const { ping } = news
        if (ping.node !== node && ping.ahead !== undefined) clocks.heard(ping.node, ping.ahead)
        return
      }
      // Our own commits were told when they were answered; other changes of ours may have lost their answer.
      if (news.node === node && ownIsKnown.includes(news.change.about)) return
      listeners.notify(news.change)
    },
    onGap: () => {
      // The same server, lost for a moment: every connection that was admitted leads there still.
      const started = channel.server()?.started
      if (started !== heardFrom) renew()
      heardFrom = started
      forget()
      way.prove().catch(() => {})
    },
    onTrouble: report('channel'),
  })
  const way = createWay({
    address,
    direct,
    primaries,
    pings,
    elapsed,
    spare,
    channel: channel.name,
    listening: channel.server,
    onElsewhere: leaveForElsewhere,
    onTrouble: report('way'),
  })
  return {
    start: async () => {
      await channel.start(async () => {
        if (await way.start()) return
        throw new Error('news of other nodes do not come: is this a pooler, or another database? set storeListenUrl')
      })
      heardFrom = channel.server()?.started
    },
    proven: way.ensure,
    admit: async (query) => {
      const { started } = await primaries.examine(query)
      const heard = channel.server()
      if (heard === undefined || heard.started === started) return
      leaveForElsewhere()
      throw new StoreUnavailableError('the address of the database leads elsewhere by now')
    },
    catchUp: () => {
      if ((channel.isCurrent() && way.isHeard()) || elapsed() - forgotten < believed) return
      forget()
    },
    // Where the address leads elsewhere, another node may have taken the lead there.
    leads: () => channel.leads() && way.isHeard(),
    contact: () => {
      const { newsAge, unreachable, ...clock } = channel.contact()
      return {
        ...clock,
        newsAge: way.isHeard() ? newsAge : Math.max(newsAge, elapsed() - way.heardAt()),
        unreachable: unreachable || way.isVain(),
      }
    },
    close: async () => {
      await Promise.all([channel.close(), way.close()])
    },
  }
}
