import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RunningServer } from '../../packages/resource-server/test/adapter-route.ts'
import { adapterServers } from '../../packages/resource-server/test/adapter-servers.ts'
import { readChallenge } from './challenge.ts'
import { fetchOfIssuers } from './issuers.ts'
import { protectedApis, routes, vectors } from './pack.ts'
import { rawRequest } from './raw-request.ts'
import { type Decide, disagreements, outcomeOf, unreadable } from './run-vectors.ts'
import { atTarget, refusesItself } from './targets.ts'

const carried = vectors.filter(({ level }) => level !== 'gateway')
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const everyRoute = Object.entries(routes).flatMap(([path, requirement]) =>
  methods.map((method) => ({ method, path, requirement })),
)

for (const { name, start } of adapterServers) {
  test(`${name} decides every vector as it says`, async () => {
    const apiOf = protectedApis(fetchOfIssuers)
    const servers = new Map<string, Promise<RunningServer>>()
    after(async () => {
      for (const server of servers.values()) await (await server).close()
    })
    const serverOf = (settings: string) => {
      const known = servers.get(settings)
      if (known !== undefined) return known
      const started = start(apiOf(settings), everyRoute)
      servers.set(settings, started)
      return started
    }
    const decide: Decide = async ({ id, settings, request, expect, http }) => {
      const { url } = await serverOf(settings)
      const { status, headers, body } = await rawRequest(url, request)
      const challenges = headers.filter(([header]) => header === 'www-authenticate')
      const [challenge] = challenges
      assert.ok(challenges.length <= 1)
      if (status !== 200 && http === 'invalid') return unreadable
      // Whoever resets the connection while it is being sent to may lose its own answer.
      if (status === 0 && refusesItself('adapters', id)) return outcomeOf(expect.status, null)
      if (status !== 200) return outcomeOf(status, challenge === undefined ? null : readChallenge(challenge[1]))
      // HEAD is answered without a body, which would say what was seen of the token.
      const unseen = request.method === 'HEAD' && expect.decision === 'allow'
      return outcomeOf(status, null, unseen ? expect.token : JSON.parse(body))
    }
    assert.deepEqual(
      await disagreements(
        carried.map((vector) => atTarget('adapters', vector)),
        decide,
      ),
      [],
    )
  })
}
