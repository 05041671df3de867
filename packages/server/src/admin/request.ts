import type { TSchema } from 'typebox'
import type { HttpRequest } from '../lib/message.ts'
import { AdminProblem } from './admin-problem.ts'
import { assertValid } from './validate.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

const isJson = (contentType: string | undefined): boolean =>
  contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    throw new AdminProblem('invalid-request', 'The body is not JSON.', { check: 'json' })
  }
}

/**
 * The body of a call, valid by its schema. A call whose schema has no required member may be sent without one.
 * @throws AdminProblem
 */
export const readInput = (schema: TSchema | undefined, { body, headers }: HttpRequest): unknown => {
  if (schema === undefined) {
    if (body.length === 0) return undefined
    throw new AdminProblem('invalid-input', 'This call has no body.', { check: 'body-none' })
  }
  if (body.length === 0) {
    assertValid(schema, {}, 'body')
    return {}
  }
  const type = headers['content-type']
  if (!isJson(type)) {
    throw new AdminProblem('unsupported-media-type', 'The body must be application/json.', {
      check: 'content-type',
      expected: 'application/json',
      received: type ?? 'none',
    })
  }
  const value = parse(body)
  assertValid(schema, value, 'body')
  return value
}

/**
 * The number an If-Match header names, undefined when there is none or any will do (RFC 9110 §13.1.1).
 * @throws AdminProblem `stale` for an entity tag that is none of ours, which nothing can match
 */
export const readIfMatch = ({ headers }: HttpRequest): number | undefined => {
  const given = headers['if-match']
  if (given === undefined || given.trim() === '*') return undefined
  const tag = /^"(0|[1-9]\d{0,14})"$/.exec(given.trim())?.[1]
  if (tag !== undefined) return Number(tag)
  throw new AdminProblem('stale', 'If-Match names no version of this.', { check: 'if-match', received: given })
}
