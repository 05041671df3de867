import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { writeBasic } from '@mintmark/protocol'
import { exportJWK, SignJWT } from 'jose'
import { issuerAt } from '../at-node.ts'
import { demo, type Node } from '../cluster.ts'
import type { Scenario } from '../scenario.ts'
import { jtiOf } from '../traffic.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const onceEverywhere: Scenario = {
  name: 'REL-022: an assertion and a DPoP proof that come to two nodes at the same instant count once',
  run: async ({ cluster, journal, scale, report }) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = await exportJWK(publicKey)
    const id = `assertions-${randomUUID().slice(0, 8)}`
    const permissions = [{ api: 'weather', scopes: ['weather:read'] }]
    await cluster.admin.createClient(demo, {
      id,
      capabilities: ['client_credentials'],
      authenticationMethods: ['private_key_jwt'],
      permissions,
    })
    await cluster.admin.createClientKey(
      { ...demo, client: id },
      {
        type: 'key',
        jwk: { ...jwk, alg: 'ES256', use: 'sig' },
      },
    )
    const [one, , two] = cluster.nodes
    const send = async (
      node: Node,
      headers: Record<string, string>,
      form: Record<string, string>,
    ): Promise<boolean> => {
      const response = await fetch(`${issuerAt(cluster, node)}/oauth2/token`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      })
      const { access_token: token } = (await response.json()) as { readonly access_token?: string }
      if (token !== undefined) journal.issued.add(jtiOf(token))
      return response.status === 200
    }
    const assertion = (): Promise<string> =>
      new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(cluster.issuer)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(privateKey)
    const proof = (): Promise<string> =>
      new SignJWT({ jti: randomUUID(), htm: 'POST', htu: `${cluster.issuer}/oauth2/token` })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const website = writeBasic('weather-website', cluster.secrets['weather-website'] ?? '')
    const trials = 25 * scale
    const counts = { assertion: 0, proof: 0 }
    for (let trial = 0; trial < trials; trial += 1) {
      const form = { client_assertion_type: assertionType, client_assertion: await assertion() }
      const byAssertion = await Promise.all([one, two, one].map((node) => send(node, {}, form)))
      assert.equal(byAssertion.filter(Boolean).length, 1, 'an assertion counts once')
      counts.assertion += 1
      const headers = { authorization: website, dpop: await proof() }
      const byProof = await Promise.all([one, two].map((node) => send(node, headers, {})))
      assert.equal(byProof.filter(Boolean).length, 1, 'a proof counts once')
      counts.proof += 1
    }
    report(`${counts.assertion} assertions and ${counts.proof} proofs, each at two nodes at once: one success each`)
  },
}
