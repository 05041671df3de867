import { OAuthError } from '@mintmark/protocol'
import { type Problem, type ProblemName, problems, problemType } from '@mintmark/protocol/admin'
import { asOAuthError } from '../audit/refusal.ts'
import type { HttpResponse } from '../lib/message.ts'
import { ChangeRefused, ChangeStale } from '../registry/change-refused.ts'

export type ProblemDetails = {
  readonly errors?: NonNullable<Problem['errors']>
  readonly conflicts?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** What the operator finds under the reference; never a secret. */
  readonly check?: string
  readonly expected?: string
  readonly received?: string
  readonly cause?: unknown
}

/** A refusal of the admin API (RFC 9457). Its message is shown to the administrator. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem'
  readonly problem: ProblemName
  readonly details: ProblemDetails
  constructor(problem: ProblemName, detail: string, details: ProblemDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.problem = problem
    this.details = details
  }
}

export const notFound = (what: string): AdminProblem => new AdminProblem('not-found', `There is no ${what}.`)

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

const fromRefusedChange = ({ faults }: ChangeRefused): AdminProblem => {
  const detail = sentence(faults[0]?.message ?? 'the change cannot be made')
  const received = faults.map(({ fault }) => fault).join(' ')
  const others = faults.filter(({ fault }) => fault !== 'rule')
  if (others.length === 0) {
    return new AdminProblem('invalid-input', detail, {
      check: 'configuration-rules',
      received: detail,
      errors: faults.map(({ path = '', message }) => ({ path, message })),
    })
  }
  if (others.every(({ fault }) => fault === 'missing')) {
    return new AdminProblem('not-found', detail, { check: 'exists', received: detail })
  }
  return new AdminProblem('conflict', detail, {
    check: 'no-conflict',
    received,
    conflicts: faults.map(({ message }) => message),
  })
}

const codes: Readonly<Record<string, ProblemName>> = {
  invalid_token: 'unauthenticated',
  insufficient_scope: 'forbidden',
  temporarily_unavailable: 'unavailable',
  server_error: 'internal',
}

const fromOAuthError = (error: OAuthError): AdminProblem =>
  new AdminProblem(codes[error.code] ?? 'invalid-request', error.description, {
    headers: error.headers,
    cause: error,
    ...(error.check === undefined ? {} : { check: error.check }),
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.received === undefined ? {} : { received: error.received }),
  })

/** Whatever was thrown, as a problem; what we do not know is the server's failure and never described. */
export const asAdminProblem = (thrown: unknown): AdminProblem => {
  if (thrown instanceof AdminProblem) return thrown
  if (thrown instanceof ChangeRefused) return fromRefusedChange(thrown)
  if (thrown instanceof ChangeStale) {
    return new AdminProblem('stale', sentence(`it was ${thrown.message}`), {
      check: 'if-match',
      expected: String(thrown.expected),
      received: String(thrown.found),
    })
  }
  return fromOAuthError(asOAuthError(thrown))
}

/** The same refusal in the terms of the audit trail. */
export const asRefusal = (problem: AdminProblem): OAuthError => {
  const { status } = problems[problem.problem]
  const { check = problem.problem, expected, received, cause } = problem.details
  const code = Object.entries(codes).find(([, name]) => name === problem.problem)?.[0] ?? ('invalid_request' as const)
  return new OAuthError(code as OAuthError['code'], problem.message, { status, check, expected, received, cause })
}

/** Answers are of one administrator and of now. */
export const uncached: Readonly<Record<string, string>> = { 'cache-control': 'no-store', vary: 'authorization' }

export const renderProblem = ({ problem: name, message, details }: AdminProblem, reference: string): HttpResponse => {
  const { status, title } = problems[name]
  const problem: Problem = {
    type: problemType(name),
    title,
    status,
    detail: message,
    reference,
    ...(details.errors === undefined ? {} : { errors: details.errors }),
    ...(details.conflicts === undefined ? {} : { conflicts: [...details.conflicts] }),
  }
  return {
    status,
    headers: {
      ...uncached,
      ...details.headers,
      'content-type': 'application/problem+json',
      'mintmark-reference': reference,
    },
    // Bytes, so that no charset is added: the media type has no such parameter (RFC 9457 §6.1).
    body: Buffer.from(JSON.stringify(problem)),
  }
}
