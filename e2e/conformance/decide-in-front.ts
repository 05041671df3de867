import assert from 'node:assert/strict'
import { readChallenge } from './challenge.ts'
import { type Echo, vectorHeader } from './echo-api.ts'
import { rawRequest } from './raw-request.ts'
import { type Decide, outcomeOf, unreadable } from './run-vectors.ts'
import { refusesItself, removedHeaders } from './targets.ts'
import type { Vector } from './vector.ts'

export interface InFront {
  /** As in `targets.json`. */
  readonly target: string
  readonly urlOf: (vector: Vector) => Promise<string>
  /** The vectors that the API was reached by. */
  readonly reached: ReadonlySet<string>
}

/** Decides by what stands in front of an API: what is refused never reaches the API, and nothing removed does. */
export const decideInFront =
  ({ target, urlOf, reached }: InFront): Decide =>
  async (vector) => {
    const { id, request, expect, http } = vector
    const marked = { ...request, headers: [...request.headers, [vectorHeader, id] as const] }
    const { status, headers, body } = await rawRequest(await urlOf(vector), marked)
    if (!reached.has(id)) {
      if (http === 'invalid') return unreadable
      // Whoever resets the connection while it is being sent to may lose its own answer.
      if (status === 0 && refusesItself(target, id)) return outcomeOf(expect.status, null)
      const challenge = headers.find(([name]) => name === 'www-authenticate')
      return outcomeOf(status, challenge === undefined ? null : readChallenge(challenge[1]))
    }
    assert.equal(status, 200, 'the API was reached')
    if (request.method === 'HEAD' && expect.decision === 'allow') return outcomeOf(status, null, expect.token)
    const { token, headerNames } = JSON.parse(body) as Echo
    for (const removed of removedHeaders(target, id)) assert.ok(!headerNames.includes(removed), removed)
    return outcomeOf(status, null, token)
  }
