import { OAuthError } from '@mintmark/protocol'
import type { Allowance, Allowances } from '../lib/allowances.ts'
import { failure, type Log } from '../lib/log.ts'
import { type Random, randomId } from '../lib/random.ts'
import type { AuditEvent, Refusal } from './events.ts'
import type { RecordEvent } from './record.ts'
import { Refused, refusalOf } from './refusal.ts'

/** What a limit is about; names its check and its metrics. */
export type LimitName = 'client-failures' | 'address-failures' | 'token-rate'

/** Told of each refusal; `first` where it begins a block. */
export type CountLimited = (limit: LimitName, first: boolean) => void

/** An allowance that is spent, and what is told of it. */
export type Spent = {
  readonly limit: LimitName
  readonly key: string
  readonly allowance: Allowance
  /** Milliseconds until one may be spent. */
  readonly wait: number
  /** A fixed sentence for the caller. */
  readonly description: string
  /** The event of the block. */
  readonly event: (refusal: Refusal) => AuditEvent
}

/**
 * Refuses with 429 and `Retry-After` (RFC 6585 §4) what goes beyond an allowance. However many are refused before the allowance is
 * left alone for a while, that is one audit event, and all are given its reference: whoever is refused must not fill the log.
 * @returns the refusal, to be thrown
 */
export type RefuseSpent = (spent: Spent) => Refused | Promise<Refused>

const seconds = (milliseconds: number): string => String(Number((milliseconds / 1000).toPrecision(3)))

export const createRefuseSpent =
  ({
    allowances,
    random,
    record,
    log,
    count,
    onBlock = () => {},
  }: {
    readonly allowances: Pick<Allowances, 'noteOf' | 'note'>
    readonly random: Random
    readonly record: RecordEvent
    readonly log: Log
    readonly count: CountLimited
    /** Told of each block, once. */
    readonly onBlock?: (spent: Spent, reference: string) => void
  }): RefuseSpent =>
  (spent) => {
    const { limit, key, allowance, wait, description } = spent
    const error = new OAuthError('temporarily_unavailable', description, {
      status: 429,
      check: limit,
      expected: `${allowance.burst}, and 1 more every ${seconds(allowance.interval)} s`,
      headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) },
    })
    const known = allowances.noteOf(key)
    count(limit, known === undefined)
    if (known !== undefined) return new Refused(error, known)
    const reference = randomId(random, 10)
    allowances.note(key, reference)
    onBlock(spent, reference)
    const event = spent.event(refusalOf(error, reference))
    const { type, workspace, address } = event
    const client = 'client' in event ? event.client : undefined
    log.warn('limit reached', { reference, event: type, check: limit, client, workspace, address })
    const refused = new Refused(error, reference)
    // Nothing is decided by it: where it cannot be recorded, the line above is what tells.
    return record(event).then(
      () => refused,
      (cause: unknown) => {
        log.error('refusal not recorded', { reference, ...failure(cause) })
        return refused
      },
    )
  }
