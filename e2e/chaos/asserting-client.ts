import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { exportJWK, type JWK, SignJWT } from 'jose'
import { issuerAt } from './at-node.ts'
import { type Cluster, demo, type Node } from './cluster.ts'
import type { Journal } from './journal.ts'
import { jtiOf } from './traffic.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A client that proves itself by signed assertions, each of which counts once. */
export type AssertingClient = {
  readonly jwk: JWK
  readonly privateKey: KeyObject
  /** A form with an assertion that nobody has used. */
  readonly form: () => Promise<Readonly<Record<string, string>>>
  /** Asks one node for a token, and notes it. @returns the status */
  readonly send: (
    node: Node,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<number>
}

export const createAssertingClient = async (cluster: Cluster, journal: Journal): Promise<AssertingClient> => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = await exportJWK(publicKey)
  const id = `assertions-${randomUUID().slice(0, 8)}`
  await cluster.admin.createClient(demo, {
    id,
    capabilities: ['client_credentials'],
    authenticationMethods: ['private_key_jwt'],
    permissions: [{ api: 'weather', scopes: ['weather:read'] }],
  })
  await cluster.admin.createClientKey(
    { ...demo, client: id },
    { type: 'key', jwk: { ...jwk, alg: 'ES256', use: 'sig' } },
  )
  return {
    jwk,
    privateKey,
    form: async () => ({
      client_assertion_type: assertionType,
      client_assertion: await new SignJWT({ jti: randomUUID() })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(cluster.issuer)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
    }),
    send: async (node, form, headers = {}) => {
      const response = await fetch(`${issuerAt(cluster, node)}/oauth2/token`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      })
      const { access_token: token } = (await response.json()) as { readonly access_token?: string }
      if (token !== undefined) journal.issued.add(jtiOf(token))
      return response.status
    },
  }
}
