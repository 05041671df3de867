import { OAuthError } from '@mintmark/protocol'
import { Refused } from '../audit/refusal.ts'
import type { Log } from '../lib/log.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { printable } from '../lib/printable.ts'
import { type Random, randomId } from '../lib/random.ts'
import { renderError } from './render-error.ts'

/** What a caller is told whose answer was not ready in time. */
export type LateAnswer = (kind: string, request: HttpRequest) => HttpResponse

/**
 * The reference is in the log, and in no audit event: nothing is decided, and the store, of all things, is likely what everybody
 * waits for.
 */
export const createLateAnswer =
  ({ random, log }: { readonly random: Random; readonly log: Log }): LateAnswer =>
  (kind, { path, address }) => {
    const reference = randomId(random, 10)
    log.warn('not answered in time', { reference, kind, path: printable(path), address })
    const error = new OAuthError('temporarily_unavailable', 'The server did not finish in time. Try again later.', {
      headers: { 'retry-after': '5' },
    })
    return renderError(new Refused(error, reference))
  }
