import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { startForStrangers } from '../stranger-server.ts'
import { type Algorithm, type ForeignResourceServer, resourceServers } from './resource-servers.ts'
import { behind, issueEarlier, issueToken, jwtCases, resourceServersFounding } from './token-cases.ts'

const algorithms: readonly Algorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA']
const server = await startForStrangers(resourceServersFounding, { ahead: -behind })
const earlier = await issueEarlier(server, algorithms)

const start = async ({ protect }: ForeignResourceServer, algorithm: Algorithm): Promise<string> => {
  const { issuer, jwksUri } = server
  const audience = `https://${algorithm.toLowerCase()}.example`
  const listener = createServer(await protect({ issuer, jwksUri, audience, algorithm }))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`
}

for (const resourceServer of resourceServers) {
  for (const algorithm of resourceServer.algorithms) {
    describe(`SEC-264: ${resourceServer.name}, ${algorithm}`, async () => {
      const url = await start(resourceServer, algorithm)
      const { good, bad } = await jwtCases(server, algorithm, earlier(algorithm))
      const call = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })

      test('lets in who has our token', async () => {
        for (const token of good) {
          const answer = await call(token)
          assert.deepEqual([answer.status, await answer.text()], [200, 'stranger'])
        }
      })

      for (const [what, token] of Object.entries(bad)) {
        test(`refuses a token ${what}`, async () => {
          const answer = await call(token)
          assert.equal(answer.status, 401)
          assert.doesNotMatch(await answer.text(), /stranger/)
        })
      }

      test('refuses an opaque token, and who has none', async () => {
        assert.equal((await call(await issueToken(server, 'use:opaque'))).status, 401)
        assert.equal((await fetch(url)).status, 401)
      })
    })
  }
}
