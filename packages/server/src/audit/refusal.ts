import { OAuthError } from '@mintmark/protocol'
import { failure, type Log } from '../lib/log.ts'
import { printable } from '../lib/printable.ts'
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

/** Details come from requests: short, on one line, and without what looks like a secret. */
const detail = (text: string | undefined): string | undefined => (text === undefined ? undefined : printable(text))

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

/**
 * Gives an error its reference and records the refusal before it is answered; the result is to be thrown. What is recorded already
 * stays as it is.
 */
export type Refuse = (error: unknown, event: (refusal: Refusal) => AuditEvent) => Promise<Refused>

/** One line for each refusal, under the reference its caller was given. */
const logRefusal = (log: Log, error: OAuthError, event: AuditEvent, refusal: Refusal): void => {
  const details = {
    reference: refusal.reference,
    event: event.type,
    error: refusal.error,
    check: refusal.check,
    client: 'client' in event ? event.client : undefined,
    workspace: event.workspace,
    address: event.address,
  }
  if (error.status < 500) log.info('refused', details)
  else if (error.code === 'server_error') log.error('failed', { ...details, ...failure(error.cause) })
  else log.warn('not decided', { ...details, ...failure(error.cause) })
}

const withPrintableClient = (event: AuditEvent): AuditEvent =>
  'client' in event && event.client !== undefined ? { ...event, client: printable(event.client) } : event

export const createRefuser =
  ({ record, random, log }: { readonly record: RecordEvent; readonly random: Random; readonly log: Log }): Refuse =>
  async (thrown, describe) => {
    // What is over a limit has its event, which is not written again for each request.
    if (thrown instanceof Refused) return thrown
    const reference = randomId(random, 10)
    const error = asOAuthError(thrown)
    const refusal = refusalOf(error, reference)
    const event = withPrintableClient(describe(refusal))
    logRefusal(log, error, event, refusal)
    try {
      await record(event)
      return new Refused(error, reference)
    } catch (cause) {
      log.error('refusal not recorded', { reference, ...failure(cause) })
      return new Refused(asOAuthError(cause), reference)
    }
  }

/** Gives an error that is no recorded decision its reference, under which it is in the log. */
export type Report = (error: unknown) => Refused

/** For what fails where nothing is decided about a client: metadata, keys, finding the workspace. */
export const createReporter =
  ({ random, log }: { readonly random: Random; readonly log: Log }): Report =>
  (thrown) => {
    if (thrown instanceof Refused) return thrown
    const reference = randomId(random, 10)
    const error = asOAuthError(thrown)
    const details = { reference, error: error.code, check: error.check }
    if (error.status < 500) log.info('refused', details)
    else log.error('failed', { ...details, ...failure(error.cause ?? error) })
    return new Refused(error, reference)
  }
