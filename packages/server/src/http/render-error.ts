import type { ErrorResponse, OAuthError } from '@mintmark/protocol'
import { asOAuthError, Refused } from '../audit/refusal.ts'
import { type HttpResponse, json, noStore } from '../lib/message.ts'

/** The header that carries the reference of a refusal; the body stays the same for every cause (RFC 6749 §5.2). */
const referenceHeader = 'mintmark-reference'

const body = ({ code, description }: OAuthError): ErrorResponse => ({ error: code, error_description: description })

const errorOf = (thrown: unknown): OAuthError => (thrown instanceof Refused ? thrown.error : asOAuthError(thrown))

/** The code of an error, for counters; what is over a limit is no trouble of the server's, and has its status. */
export const outcomeOf = (thrown: unknown): string => {
  const { code, status } = errorOf(thrown)
  return status === 429 ? '429' : code
}

/** The one place that turns an error into an answer: public parts only. */
export const renderError = (thrown: unknown): HttpResponse => {
  const error = errorOf(thrown)
  const reference = thrown instanceof Refused ? { [referenceHeader]: thrown.reference } : {}
  return json(error.status, body(error), { ...noStore, ...error.headers, ...reference })
}
