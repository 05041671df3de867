import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { StoreContact } from '../store.ts'
import type { Address } from './address.ts'
import type { ClockVote } from './clock-vote.ts'
import { clientConfig, connectPatience } from './connections.ts'
import { reasonOf } from './guard.ts'
import { type Pings, pingPatience } from './pings.ts'
import { notifyPatience, type Primaries, type Server } from './primary.ts'

/** How often a node makes sure that news reach it, in milliseconds. */
const pingInterval = 1000
/** For how long after a ping was sent that came back everything committed before is known to have been heard of, in milliseconds. */
export const newsLease = 3000
/**
 * A node that sends nothing for so long, in milliseconds, has died, is frozen or out of reach: the server ends its session. Also when
 * it takes nothing, so that the server waits to send it news and is not idle.
 */
const silence = 10_000
/** A node leads for so long after it last spoke to the server, in milliseconds: less than the server waits for it. */
const leadLease = 8000
const longestPause = 1000
/**
 * For how long a vain attempt to connect, while nothing else was answered either, says that the server is out of reach, in
 * milliseconds: longer than until the next one.
 */
const vainFor = 5000

/** Locks of ours that are held by sessions ("mint"); the other half says whose, for several schemas in one database. */
const lockSpace = 1_835_626_100

/** The news of all nodes, over a connection of its own, and the right to do what one node does for all. */
export type Channel = {
  /**
   * Connects for the first time.
   * @param prove looks whether it is the right server, and news come from it, before anything more is done there
   * @throws when the server cannot be reached, or news do not come back
   */
  readonly start: (prove: () => Promise<void>) => Promise<void>
  /**
   * Whether every change that was committed `newsLease` ago, on any node, has been heard of. Follows from a ping that came
   * back: news come in the order of commits, so that what was committed before the ping has come before it.
   */
  readonly isCurrent: () => boolean
  /** Whether this node does what one node does for all. Two never do at a time, and none whose clock is outvoted. */
  readonly leads: () => boolean
  readonly contact: () => StoreContact
  /** The name that all nodes listen to. */
  readonly name: () => string
  /** Where news come from; undefined while they do not. */
  readonly server: () => Server | undefined
  /** Gives the connection up, since another server is asked by now: the next one leads there. */
  readonly leave: () => void
  readonly close: () => Promise<void>
}

/**
 * @param clocks is told what this node's clock shows, and says whether it may lead
 * @param ask asks the server anything the way everything else is asked: news may be cut off, and nothing else
 * @param onNews called with what came, in the order of commits
 * @param onGap called when news may have been missed, and nothing is missed from then on
 */
export const createChannel = ({
  address,
  primaries,
  pings,
  clocks,
  ask,
  onNews,
  onGap,
  onTrouble = () => {},
  elapsed = () => performance.now(),
  now = Date.now,
}: {
  readonly address: Address
  readonly primaries: Primaries
  readonly pings: Pings
  readonly clocks: ClockVote
  readonly ask: () => Promise<unknown>
  readonly onNews: (payload: string) => void
  readonly onGap: () => void
  /** Called once when the channel is lost, with the reason, and with undefined when it is there again. */
  readonly onTrouble?: ((reason: string | undefined) => void) | undefined
  /** Milliseconds that never jump. */
  readonly elapsed?: () => number
  /** Epoch milliseconds. */
  readonly now?: () => number
}): Channel => {
  let client: pg.Client | undefined
  let server: Server | undefined
  let stopped = false
  /** Whether the connection was given up on purpose. */
  let left = false
  let heardUntil = Number.NEGATIVE_INFINITY
  /** The same, and not forgotten when the connection is lost. */
  let lastHeard = Number.NEGATIVE_INFINITY
  let vainAt = Number.NEGATIVE_INFINITY
  let spokenAt = Number.NEGATIVE_INFINITY
  let holdsLock = false
  let name = ''

  /** Between pings nothing is awaited but the next one, and a connection that is lost meanwhile is made anew at once. */
  const wake = { now: () => {} }
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      timer.unref()
      wake.now = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const lose = (lost: pg.Client): void => {
    if (client !== lost) return
    client = undefined
    server = undefined
    holdsLock = false
    // What was committed last may never have been told.
    heardUntil = Number.NEGATIVE_INFINITY
    pings.forget()
    lost.end().catch(() => {})
    wake.now()
  }

  const connect = async (): Promise<{ readonly made: pg.Client; readonly at: Server }> => {
    const made = new pg.Client({
      ...clientConfig(address, true),
      query_timeout: pingPatience,
      application_name: 'mintmark news',
    })
    try {
      made.on('notification', ({ payload }) => {
        if (client === made && !pings.hear(payload ?? '')) onNews(payload ?? '')
      })
      made.on('error', () => lose(made))
      made.on('end', () => lose(made))
      await made.connect()
      const { rows } = await made.query(
        `SELECT set_config('idle_session_timeout', '${silence}', false), set_config('tcp_user_timeout', '${silence}', false),
          set_config('lock_timeout', '${notifyPatience}', false),
          'mintmark_' || current_schema() AS name`,
      )
      name = rows[0]?.name ?? 'mintmark'
      const at = await primaries.examine((text) => made.query(text))
      await made.query(`LISTEN ${pg.escapeIdentifier(name)}`)
      return { made, at }
    } catch (error) {
      made.end().catch(() => {})
      throw error
    }
  }

  /** Connects anew, and finds out meanwhile whether only news are cut off: then nothing is decided by what was so before. */
  const reconnect = async (): ReturnType<typeof connect> => {
    const timer = new AbortController()
    const late = delay(connectPatience, false, { signal: timer.signal, ref: false }).catch(() => false)
    const asked = ask().then(
      () => true,
      () => false,
    )
    const answered = Promise.race([asked, late]).finally(() => timer.abort())
    try {
      const made = await connect()
      vainAt = Number.NEGATIVE_INFINITY
      return made
    } catch (error) {
      vainAt = (await answered) ? Number.NEGATIVE_INFINITY : elapsed()
      throw error
    }
  }

  /** Speaks to the server: sends a ping, and takes the lead when nobody has it. */
  const ping = async (current: pg.Client): Promise<void> => {
    const key = `(${lockSpace}, hashtext(current_schema()))`
    const take = holdsLock ? 'true' : `pg_try_advisory_lock${key}`
    // By a wrong clock nothing is done for all: another node takes over.
    const give = holdsLock ? `NOT pg_advisory_unlock${key}` : 'false'
    const lock = clocks.isAside() ? give : take
    const { payload, at, back } = pings.next()
    const sentAt = now()
    const { rows } = await current.query(
      `SELECT ${lock} AS leads, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, pg_notify($1, $2)`,
      [name, payload],
    )
    // The answer was made somewhere between the two; what it took is less than what matters.
    clocks.measured((sentAt + now()) / 2 - (rows[0]?.now ?? sentAt))
    if (client !== current) return
    holdsLock = rows[0]?.leads === true
    spokenAt = at
    if (!(await back)) throw new Error('the ping did not come back')
    if (client !== current) return
    heardUntil = Math.max(heardUntil, at)
    lastHeard = Math.max(lastHeard, at)
  }

  const run = async (): Promise<void> => {
    let failures = 0
    while (!stopped) {
      try {
        if (client === undefined) {
          left = false
          const { made, at } = await reconnect()
          if (stopped) {
            await made.end()
            return
          }
          client = made
          server = at
          clocks.reconnected()
          onGap()
        }
        await ping(client)
        if (failures > 0) onTrouble(undefined)
        failures = 0
        await pause(pingInterval)
      } catch (error) {
        if (client !== undefined) lose(client)
        if (left) {
          left = false
          continue
        }
        failures += 1
        if (failures === 1 && !stopped) onTrouble(reasonOf(error))
        await pause(Math.min(longestPause, 50 * 2 ** failures))
      }
    }
  }

  let running: Promise<void> = Promise.resolve()
  return {
    start: async (prove) => {
      const { made, at } = await connect()
      client = made
      server = at
      await prove()
      await ping(made)
      running = run()
    },
    isCurrent: () => elapsed() - heardUntil < newsLease,
    leads: () => holdsLock && !clocks.isAside() && elapsed() - spokenAt < leadLease,
    contact: () => ({
      newsAge: elapsed() - lastHeard,
      unreachable: elapsed() - vainAt < vainFor,
      clockAhead: clocks.ahead(),
      clockAside: clocks.isAside(),
    }),
    name: () => name,
    server: () => server,
    leave: () => {
      if (client === undefined) return
      left = true
      lose(client)
    },
    close: async () => {
      stopped = true
      wake.now()
      const last = client
      client = undefined
      server = undefined
      holdsLock = false
      await last?.end().catch(() => {})
      await running
    },
  }
}
