import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChallenge } from './challenge.ts'
import { protectedApis, vectors } from './pack.ts'
import { type Decide, disagreements, outcomeOf } from './run-vectors.ts'
import type { VectorRequest } from './vector.ts'

/** What no HTTP parser lets through cannot reach a verifier, and what a route table decides it does not see. */
const decidable = vectors.filter(({ level, http }) => level !== 'gateway' && http === undefined)

const linesOf =
  ({ headers }: VectorRequest) =>
  (name: string) =>
    headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)

const decideBy =
  (apiOf: ReturnType<typeof protectedApis>): Decide =>
  async ({ settings, request, requirement }) => {
    const { method, path: url } = request
    const decision = await apiOf(settings).authorize({ method, url, header: linesOf(request) }, requirement)
    if (decision.allowed) return outcomeOf(200, null, decision.token)
    const { 'WWW-Authenticate': challenge } = decision.headers
    return outcomeOf(decision.status, challenge === undefined ? null : readChallenge(challenge))
  }

test('authorize decides every vector as it says, and fetches nothing that a token names', async () => {
  const fetched: unknown[] = []
  const apis = protectedApis(async (resource) => {
    fetched.push(resource)
    return new Response('{"keys":[]}', { headers: { 'content-type': 'application/json' } })
  })
  assert.deepEqual(await disagreements(decidable, decideBy(apis)), [])
  assert.deepEqual(fetched, [])
})

test('authorize decides the same when it has seen every token before, and in the other order', async () => {
  const decide = decideBy(protectedApis())
  await disagreements(decidable, decide)
  assert.deepEqual(await disagreements(decidable, decide), [])
  assert.deepEqual(await disagreements(decidable.toReversed(), decide), [])
})
