import { type Cluster, demo, type Node } from './cluster.ts'
import type { Answer, Journal } from './journal.ts'
import { ask, takeToken } from './traffic.ts'

/** A client with a secret, and what it and the API do at one node, without the load balancer. */
export type Probe = {
  readonly client: string
  readonly take: (node: Node) => Promise<{ readonly answer: Answer; readonly token: string | undefined }>
  readonly isActive: (node: Node, token: string) => Promise<{ readonly active: boolean; readonly status: number }>
  readonly revoke: (node: Node, token: string) => Promise<number>
}

let probes = 0

/** The issuer's address at a node itself; the issuer's name is that of the load balancer. */
export const issuerAt = (cluster: Cluster, node: Node): string =>
  cluster.issuer.replace(cluster.publicUrl, node.publicUrl)

/** Makes a client for a scenario's own questions. */
export const createProbe = async (cluster: Cluster, journal: Journal): Promise<Probe> => {
  probes += 1
  const client = `probe-${process.pid}-${probes}`
  const made = await cluster.admin.createClient(demo, {
    id: client,
    capabilities: ['client_credentials'],
    permissions: [{ api: 'weather', scopes: ['weather:read'] }],
    secret: { type: 'generated' },
  })
  const secret = made.secret?.secret ?? ''
  const api = (node: Node) => ({
    issuer: issuerAt(cluster, node),
    client: 'weather-api',
    secret: cluster.secrets['weather-api'] ?? '',
  })
  return {
    client,
    take: (node) => takeToken(journal, cluster, issuerAt(cluster, node), client, secret),
    isActive: async (node, token) => {
      const { answer, body } = await ask(journal, api(node), 'introspect', '/oauth2/introspect', { token })
      return { active: body.active === true, status: answer.status }
    },
    revoke: async (node, token) => {
      const target = { issuer: issuerAt(cluster, node), client, secret }
      return (await ask(journal, target, 'revoke', '/oauth2/revoke', { token })).answer.status
    },
  }
}
