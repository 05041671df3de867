import { OAuthError } from '@mintmark/protocol'
import { type Random, randomId } from '../lib/random.ts'
import { StoreUnavailableError } from '../store/store.ts'
import type { AuditEvent, Refusal } from './events.ts'
import type { RecordEvent } from './record.ts'

/** A refusal that is recorded: the error to answer with, and the reference under which the operator finds it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly error: OAuthError
  readonly reference: string
  constructor(error: OAuthError, reference: string) {
    super(error.message, { cause: error })
    this.error = error
    this.reference = reference
  }
}

const maximumDetail = 200

/** Details come from requests: kept short, and without control characters. */
const detail = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : text.slice(0, maximumDetail).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')

/** What went wrong, in the terms of RFC 6749 §5.2; what we do not know is never the caller's fault and never a token. */
export const asOAuthError = (error: unknown): OAuthError => {
  if (error instanceof OAuthError) return error
  if (error instanceof StoreUnavailableError) {
    return new OAuthError('temporarily_unavailable', 'The server cannot decide this now. Try again later.', {
      check: 'store-available',
      received: error.message,
      headers: { 'retry-after': '5' },
      cause: error,
    })
  }
  return new OAuthError('server_error', 'The server failed to process the request.', {
    check: 'internal',
    received: error instanceof Error ? error.message : String(error),
    cause: error,
  })
}

export const refusalOf = (error: OAuthError, reference: string): Refusal => {
  const expected = detail(error.expected)
  const received = detail(error.received)
  return {
    reference,
    error: error.code,
    check: error.check ?? error.code,
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received }),
  }
}

/** Gives an error its reference and records the refusal before it is answered; the result is to be thrown. */
export type Refuse = (error: unknown, event: (refusal: Refusal) => AuditEvent) => Promise<Refused>

export const createRefuser =
  ({ record, random }: { readonly record: RecordEvent; readonly random: Random }): Refuse =>
  async (thrown, event) => {
    const reference = randomId(random, 10)
    const error = asOAuthError(thrown)
    try {
      await record(event(refusalOf(error, reference)))
      return new Refused(error, reference)
    } catch (cause) {
      return new Refused(asOAuthError(cause), reference)
    }
  }
