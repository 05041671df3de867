import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeBasic } from '@mintmark/protocol'
import { SignJWT } from 'jose'
import { createAssertingClient } from '../asserting-client.ts'
import type { Scenario } from '../scenario.ts'

export const onceEverywhere: Scenario = {
  name: 'REL-022: an assertion and a DPoP proof that come to two nodes at the same instant count once',
  run: async ({ cluster, journal, scale, report }) => {
    const { jwk, privateKey, form, send } = await createAssertingClient(cluster, journal)
    const [one, , two] = cluster.nodes
    const proof = (): Promise<string> =>
      new SignJWT({ jti: randomUUID(), htm: 'POST', htu: `${cluster.issuer}/oauth2/token` })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const website = writeBasic('weather-website', cluster.secrets['weather-website'] ?? '')
    const successes = (statuses: readonly number[]): number => statuses.filter((status) => status === 200).length
    const trials = 25 * scale
    for (let trial = 0; trial < trials; trial += 1) {
      const assertion = await form()
      const byAssertion = await Promise.all([one, two, one].map((node) => send(node, assertion)))
      assert.equal(successes(byAssertion), 1, `an assertion counts once: ${byAssertion}`)
      const headers = { authorization: website, dpop: await proof() }
      const byProof = await Promise.all([one, two].map((node) => send(node, {}, headers)))
      assert.equal(successes(byProof), 1, `a proof counts once: ${byProof}`)
    }
    report(`${trials} assertions and ${trials} proofs, each at two nodes at once: one success each`)
  },
}
