import type { WorkspaceKey } from '../domain/workspace.ts'
import { type Clock, epochSeconds } from '../lib/clock.ts'
import type { Revocations } from '../registry/revocations.ts'
import type { AuditStore, StoredAuditRow } from '../store/store.ts'

/** How often something happened, and when (epoch milliseconds). */
export type Use = { readonly count: number; readonly first: number; readonly last: number }

/** A token that counts still. */
export type LiveToken = {
  readonly jti: string
  readonly api: string
  readonly scope: string
  readonly address: string
  /** Epoch milliseconds. */
  readonly issued: number
  readonly expires: number
}

/** What a part of the audit log says of a credential. */
export type Trace = {
  readonly tokens: Use | undefined
  readonly refusals: number
  readonly apis: readonly (Use & { readonly api: string; readonly scope: string })[]
  readonly addresses: readonly (Use & { readonly address: string })[]
  /** The newest of them. */
  readonly live: readonly LiveToken[]
  readonly liveCount: number
  /** Where the log goes on; undefined at its end. */
  readonly next: number | undefined
}

export type TraceCredential = (
  of: { readonly workspace: WorkspaceKey; readonly client: string; readonly credential: string },
  since: number | undefined,
  before: number,
) => Promise<Trace>

/** Events one call adds up. */
const mostEvents = 20_000
/** Events one read of the log gives. */
const page = 1000
const mostShown = 100

type Issued = {
  readonly credential: string
  readonly api: string
  readonly scope: string
  readonly jti: string
  readonly kid: string
  /** Epoch seconds. */
  readonly expires: number
  readonly address?: string
}

type Counter = Map<string, { count: number; first: number; last: number }>

const add = (counter: Counter, name: string, time: number): void => {
  const known = counter.get(name)
  if (known === undefined) counter.set(name, { count: 1, first: time, last: time })
  else {
    known.count += 1
    known.first = Math.min(known.first, time)
    known.last = Math.max(known.last, time)
  }
}

const byCount = (counter: Counter) => [...counter].sort(([, a], [, b]) => b.count - a.count).slice(0, mostShown)

/**
 * Adds up what the audit log has of a credential, newest first, a bounded piece at a time. Tokens count as alive that have
 * neither ended nor been revoked; a disabled client or API is not looked at.
 * @throws StoreUnavailableError
 */
export const createTraceCredential =
  ({
    audit,
    revocations,
    clock,
  }: {
    readonly audit: Pick<AuditStore, 'list'>
    readonly revocations: Pick<Revocations, 'isRevoked'>
    readonly clock: Clock
  }): TraceCredential =>
  async ({ workspace, client, credential }, since, before) => {
    const apis: Counter = new Map()
    const addresses: Counter = new Map()
    const tokens: Counter = new Map()
    const live: LiveToken[] = []
    let [refusals, liveCount] = [0, 0]

    const isAlive = async ({ jti, kid, expires }: Issued, time: number): Promise<boolean> => {
      if (expires <= epochSeconds(clock)) return false
      const iat = Math.floor(time / 1000)
      return !(await revocations.isRevoked(workspace, { jti, client, credential, kid, iat }))
    }

    const takeIssued = async ({ time, body }: StoredAuditRow): Promise<void> => {
      const issued = JSON.parse(body) as Issued
      if (issued.credential !== credential) return
      const { api, scope, jti, address = '', expires } = issued
      add(tokens, '', time)
      add(apis, JSON.stringify([api, scope]), time)
      add(addresses, address, time)
      if (!(await isAlive(issued, time))) return
      liveCount += 1
      if (live.length < mostShown) live.push({ jti, api, scope, address, issued: time, expires: expires * 1000 })
    }

    const filter = { workspace, client, types: ['token.issued', 'token.refused'], since }
    let position: number | undefined = before
    let looked = 0
    // A page that is not full ends the call: the log was searched as far as one call may.
    do {
      const { events, next } = await audit.list(filter, position, page)
      for (const event of events) {
        if (event.type === 'token.refused') refusals += 1
        else await takeIssued(event)
      }
      looked += events.length
      position = next
      if (events.length < page) break
    } while (position !== undefined && looked < mostEvents)

    return {
      tokens: tokens.get(''),
      refusals,
      apis: byCount(apis).map(([name, use]) => {
        const [api, scope] = JSON.parse(name) as [string, string]
        return { api, scope, ...use }
      }),
      addresses: byCount(addresses).map(([address, use]) => ({ address, ...use })),
      live,
      liveCount,
      next: position,
    }
  }
