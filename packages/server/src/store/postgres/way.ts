import pg from 'pg'
import { StoreUnavailableError } from '../store.ts'
import type { Address } from './address.ts'
import { type Connection, clientConfig } from './connections.ts'
import { reasonOf } from './guard.ts'
import { type Pings, pingPatience } from './pings.ts'
import { committing, type Primaries, provingName, type Server } from './primary.ts'

/** How often it is found out where the address leads, in milliseconds. */
const interval = 2000
/** How soon again after it was in vain, in milliseconds. */
const again = 400
/** For how long after an announcement was sent that was heard the address leads where news come from, in milliseconds. */
const heardLease = 4000
/** For how long after a commit was sent that was acknowledged the database may be asked, in milliseconds. */
const provenLease = 5000

/** `too_many_connections`: a server says so before it says who it is. */
const isFull = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '53300'

/**
 * Where the address leads that everything is asked through. Connections outlive a failover: those there are may go on
 * with a primary that was replaced, and news come from there. So a new connection is made again and again, and announces something.
 */
export type Way = {
  /** Finds out now, or waits for whoever does. @throws StoreUnavailableError when there is no primary that takes a commit */
  readonly prove: () => Promise<void>
  /**
   * Resolves when a primary acknowledged a commit within the last 5 seconds.
   * @throws StoreUnavailableError when it is not known that the database is one: what it answers may have been changed elsewhere
   */
  readonly ensure: () => Promise<void>
  /** Whether it leads where the news come from. */
  readonly isHeard: () => boolean
  /** When something was announced last that was heard, in milliseconds that never jump. */
  readonly heardAt: () => number
  /** Whether it was tried in vain to prove it within the last 5 seconds, and nothing older counts. */
  readonly isVain: () => boolean
  /** Resolves with whether the first announcement is heard, and goes on. @throws as `prove` */
  readonly start: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** What the driver says of an answer that did not come says nothing of why. */
const explain = (error: unknown): never => {
  if (!(error instanceof Error && error.message === 'Query read timeout')) throw error
  throw new StoreUnavailableError(
    `a commit was not acknowledged within ${pingPatience} ms: is its synchronous standby away?`,
    { cause: error },
  )
}

/** A commit that was acknowledged; whether it is heard is known a little later. */
type Announced = { readonly comesBack: Promise<boolean> }

/**
 * @param direct whether the server itself is at the address, and no pooler
 * @param channel the name that nodes listen to
 * @param listening the server that news come from; undefined while they do not
 * @param spare a connection there is, for when a server has none left
 * @param onElsewhere called when the address leads to another server than the one that news come from
 * @param onTrouble called with the reason whenever it was in vain and nothing older counts, and with undefined whenever it was not
 */
export const createWay = ({
  address,
  direct,
  primaries,
  pings,
  channel,
  listening,
  spare,
  onElsewhere,
  onTrouble,
  elapsed,
}: {
  readonly address: Address
  readonly direct: boolean
  readonly primaries: Primaries
  readonly pings: Pings
  readonly channel: () => string
  readonly listening: () => Server | undefined
  readonly spare: Connection['query']
  readonly onElsewhere: () => void
  readonly onTrouble: (reason: string | undefined) => void
  readonly elapsed: () => number
}): Way => {
  let provenAt = Number.NEGATIVE_INFINITY
  let heard: { readonly at: number; readonly by: Server } | undefined
  let failed: { readonly at: number; readonly error: unknown } | undefined
  let underWay: Promise<Announced> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const isHeard = (): boolean => heard !== undefined && heard.by === listening() && elapsed() - heard.at < heardLease
  const isProven = (): boolean => elapsed() - provenAt < provenLease
  const complain = (reason: string): void => {
    if (!isHeard()) onTrouble(reason)
  }

  const announce = async (query: Connection['query']): Promise<Announced> => {
    const { waits, ...server } = await primaries.examine(query).catch((error: unknown) => {
      // Not only in vain: what was proven of another server says nothing of this one.
      if (error instanceof StoreUnavailableError) provenAt = Number.NEGATIVE_INFINITY
      throw error
    })
    if (waits) throw new StoreUnavailableError('what is committed to the database waits for its standby')
    const by = listening()
    const elsewhere = by !== undefined && by.started !== server.started
    const ping = pings.next()
    await query(`SELECT pg_notify($1, $2), ${committing}`, [channel(), ping.payload]).catch(explain)
    provenAt = ping.at
    const leave = (): void => {
      onElsewhere()
      complain('the address of the database leads elsewhere than news come from')
    }
    if (elsewhere) leave()
    const comesBack = ping.back.then((back) => {
      const hearing = listening()
      if (hearing === undefined) return false
      if (back) {
        heard = { at: ping.at, by: hearing }
        onTrouble(undefined)
      } else if (hearing === by) leave()
      return back
    })
    return { comesBack }
  }

  const attempt = async (): Promise<Announced> => {
    const client = new pg.Client({
      ...clientConfig(address, direct),
      query_timeout: pingPatience,
      application_name: provingName,
    })
    client.on('error', () => {})
    try {
      const full = await client.connect().then(
        () => false,
        (error: unknown) => {
          if (isFull(error)) return true
          throw error
        },
      )
      return await announce(full ? spare : (text, values = []) => client.query(text, [...values]))
    } finally {
      client.end().catch(() => {})
    }
  }

  const now = (): Promise<Announced> => {
    underWay ??= attempt()
      .then(
        (announced) => {
          failed = undefined
          return announced
        },
        (error: unknown) => {
          failed = { at: elapsed(), error }
          complain(reasonOf(error))
          throw error
        },
      )
      .finally(() => {
        underWay = undefined
        schedule()
      })
    return underWay
  }
  const schedule = (): void => {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(() => now().catch(() => {}), failed === undefined ? interval : again).unref()
  }
  const prove = async (): Promise<void> => void (await now())

  return {
    prove,
    ensure: async () => {
      if (isProven()) return
      if (underWay === undefined && failed !== undefined && elapsed() - failed.at < again) throw failed.error
      await prove()
    },
    isHeard,
    isVain: () => failed !== undefined && elapsed() - failed.at < provenLease && !isProven(),
    heardAt: () => heard?.at ?? Number.NEGATIVE_INFINITY,
    start: async () => (await now()).comesBack,
    close: async () => {
      closed = true
      clearTimeout(timer)
      await underWay?.catch(() => {})
    },
  }
}
