import { randomBytes } from 'node:crypto'
import type { OAuthError } from '@mintmark/protocol'
import type { ApiRequest } from '@mintmark/resource-server'
import { createDecide, type Decide } from '../decision/decide.ts'
import type { OriginalRequest } from '../decision/original-request.ts'
import { createPhantomTokens, type PhantomToken } from '../decision/phantom-token.ts'
import type { Refused, Verdict } from '../decision/verdict.ts'
import { createVerifiers, filesOf, type Verifier, type VerifierMemory } from '../decision/verifiers.ts'
import type { TokenNeeded } from '../routes/route.ts'
import { readTable } from '../table/read-table.ts'
import type { RouteTable } from '../table/route-table.ts'
import { failure, type Log } from './log.ts'
import type { Statistics } from './statistics.ts'

/** Where a route table comes from. */
export type TableSource = {
  /** Names the table in errors; files named in it are seen from where it lies. */
  readonly file: string
  readonly read: () => string
}

export type DecisionPointOptions = {
  readonly table: TableSource
  /** Whether the caller strips what the outside sent, as a proxy does; see `createDecide`. */
  readonly stripsHeaders: boolean
  readonly log: Log
  readonly statistics: Statistics
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  readonly currentTime: () => number
  readonly now: () => number
  /** Milliseconds for one request to an issuer. */
  readonly timeout: number
}

/** Decides requests by the route table in use. */
export type DecisionPoint = {
  /** @param asker who asks, for log and counters; @param address whose question it is */
  readonly decide: (asker: string, request: OriginalRequest, address: string) => Promise<Verdict>
  /** The table in use. */
  readonly table: () => RouteTable
  /** The files that the table names. */
  readonly files: () => readonly string[]
  /** Reads the table again. A bad one is refused, and the one in use stays. @returns whether it was taken */
  readonly reload: () => boolean
  /** Asks every issuer for what verification needs; an issuer that is away is a warning and no failure. */
  readonly prepare: () => Promise<void>
}

const referenceAlphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const newReference = (): string => Array.from(randomBytes(10), (byte) => referenceAlphabet[byte & 31]).join('')

/** @throws TableError when the first table is bad */
export const createDecisionPoint = (options: DecisionPointOptions): DecisionPoint => {
  const { table: source, log, statistics, now, currentTime } = options
  const refusals = new WeakMap<ApiRequest, OAuthError>()
  const surroundings = {
    file: source.file,
    environment: options.environment,
    fetch: (async (...request) => {
      statistics.countIssuerRequest()
      return options.fetch(...request)
    }) as typeof globalThis.fetch,
    currentTime,
    now,
    timeout: options.timeout,
    onRefusal: (error: OAuthError, request: ApiRequest) => void refusals.set(request, error),
    onTrouble: (error: unknown) => log.warn('issuer keys not fetched', failure(error)),
  }
  const swaps = {
    onAsked: () => statistics.countSwap('asked'),
    onRemembered: () => statistics.countSwap('remembered'),
  }

  type InUse = { readonly table: RouteTable; readonly memory: VerifierMemory; readonly decide: Decide }
  const phantoms = new WeakMap<Verifier, PhantomToken>()

  const load = (known: VerifierMemory): InUse => {
    const table = readTable(source.read(), source.file)
    const { verifierOf, memory } = createVerifiers(table, known, surroundings)
    const phantomOf = (needed: TokenNeeded): PhantomToken => {
      const verifier = verifierOf(needed)
      const made = phantoms.get(verifier) ?? createPhantomTokens(needed.audience, verifier.issuers, surroundings, swaps)
      phantoms.set(verifier, made)
      return made
    }
    const takeRefusal = (request: ApiRequest) => refusals.get(request)
    const decide = createDecide(table, { verifierOf, takeRefusal, phantomOf, stripsHeaders: options.stripsHeaders })
    return { table, memory, decide }
  }

  const told = (
    asker: string,
    refused: Refused,
    { method, target, host }: OriginalRequest,
    address: string,
  ): Refused => {
    const reference = newReference()
    const { check, status, route, expected, received, cause } = refused
    const details = {
      reference,
      asker,
      check,
      status,
      route: route?.name,
      expected,
      received,
      method,
      host,
      path: target.split('?')[0],
      address,
    }
    if (status < 500) log.info('refused', details)
    else if (check === 'internal') log.error('not decided', { ...details, ...failure(cause) })
    else log.warn('not decided', { ...details, ...failure(cause) })
    return { ...refused, headers: { ...refused.headers, 'Mintmark-Reference': reference } }
  }

  let inUse = load(new Map())
  statistics.countReload('loaded', currentTime())
  return {
    decide: async (asker, request, address) => {
      const began = now()
      const verdict = await inUse.decide(request)
      statistics.countVerdict(asker, verdict, (now() - began) / 1000)
      return verdict.passed ? verdict : told(asker, verdict, request, address)
    },
    table: () => inUse.table,
    files: () => filesOf(inUse.table, source.file),
    reload: () => {
      try {
        inUse = load(inUse.memory)
        statistics.countReload('loaded', currentTime())
        log.info('route table loaded', { file: source.file, routes: inUse.table.routes.length })
        return true
      } catch (error) {
        statistics.countReload('refused', currentTime())
        log.error('route table refused, the one in use stays', { file: source.file, ...failure(error) })
        return false
      }
    },
    prepare: async () => {
      const ready = [...inUse.memory.values()].map(({ api }) => api.ready())
      for (const outcome of await Promise.allSettled(ready)) {
        if (outcome.status === 'rejected') log.warn('issuer not ready', failure(outcome.reason))
      }
    },
  }
}
