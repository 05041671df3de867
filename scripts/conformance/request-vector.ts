import { accessClaims, allowed, invalidRequest, invalidToken, makeToken, noCredentials, tokenOf } from './recipe.ts'
import { requirementOf } from './token-vector.ts'
import type { Expectation, Vector, VectorRequest } from './vector.ts'

export interface RequestParts {
  readonly method?: string
  /** The request target. Default `/read`. */
  readonly path?: (token: string) => string
  readonly body?: (token: string) => string
}

type Lines = (token: string) => VectorRequest['headers']
type Make = (id: string, title: string, source: string, lines: Lines, parts?: RequestParts) => Vector

/** One `Authorization` line, written with the token. */
export const authorizationLine =
  (write: (token: string) => string): Lines =>
  (token) => [['Authorization', write(token)]]

/** Vectors about how a request carries its token, which is a good one unless the request says another. */
export interface RequestVectors {
  readonly accepted: Make
  /** 400 `invalid_request`. */
  readonly malformed: Make
  /** 401 `invalid_token`. */
  readonly refused: Make
  /** 401 with a challenge that names no error. */
  readonly withoutCredentials: Make
  /** No HTTP message: 400, and who reads it may say so in its own way. */
  readonly unreadable: Make
}

/** @param prefix what the ids of a subject begin with */
export function requestVectors(prefix: string): RequestVectors {
  const settings = 'one-issuer'
  const make =
    (expect: (id: string) => Expectation, more: Pick<Vector, 'http'> = {}): Make =>
    (name, title, source, lines, { method = 'GET', path = () => '/read', body } = {}) => {
      const id = `${prefix}-${name}`
      const token = makeToken(id)
      const target = path(token)
      const request = {
        method,
        path: target,
        headers: lines(token),
        ...(body === undefined ? {} : { body: body(token) }),
      }
      const requirement = requirementOf(target.split('?')[0] ?? '')
      return { id, title, source, level: 'request', settings, requirement, request, ...more, expect: expect(id) }
    }
  return {
    accepted: make((id) => allowed(tokenOf(accessClaims(id)))),
    malformed: make(() => invalidRequest(settings)),
    refused: make(() => invalidToken(settings)),
    withoutCredentials: make(() => noCredentials(settings)),
    unreadable: make(() => ({ decision: 'refuse', status: 400, challenge: null }), { http: 'invalid' }),
  }
}
