import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChallenge } from './challenge.ts'
import { fetchOfIssuers } from './issuers.ts'
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
  const fetched: string[] = []
  const apis = protectedApis((resource, init) => {
    fetched.push(String(resource))
    return fetchOfIssuers(resource, init)
  })
  assert.deepEqual(await disagreements(decidable, decideBy(apis)), [])
  const asked = /^https:\/\/issuer\.example\/(?:introspect$|\.well-known\/|tenant\/workspace\/\.well-known\/)/
  assert.deepEqual(
    fetched.filter((url) => !asked.test(url)),
    [],
  )
})

test('authorize decides the same when it has seen every token before, and in the other order', async () => {
  const decide = decideBy(protectedApis(fetchOfIssuers))
  await disagreements(decidable, decide)
  assert.deepEqual(await disagreements(decidable, decide), [])
  assert.deepEqual(await disagreements(decidable.toReversed(), decide), [])
})
