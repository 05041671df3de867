import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Founding } from '@mintmark/server'
import { freePort } from '../../../packages/server/test/free-port.ts'
import { type StrangerServer, startForStrangers } from '../../foreign/stranger-server.ts'

const founding: Founding = {
  workspace: 'guarded/e2e',
  settings: { displayName: 'Guarded' },
  apis: {
    orders: {
      audience: 'https://orders.example',
      scopes: [
        { name: 'orders:read', description: '' },
        { name: 'orders:write', description: '' },
        { name: 'orders:admin', description: '' },
      ],
    },
    reports: {
      audience: 'https://reports.example',
      scopes: [{ name: 'reports:read', description: '' }],
      tokenFormat: 'opaque',
    },
  },
  clients: {
    shop: {
      capabilities: ['client_credentials'],
      permissions: [
        { api: 'orders', scopes: ['orders:read', 'orders:write', 'orders:admin'] },
        { api: 'reports', scopes: ['reports:read'] },
      ],
    },
    warehouse: { capabilities: ['client_credentials'], permissions: [{ api: 'orders', scopes: ['orders:read'] }] },
    gateway: {
      capabilities: ['client_credentials', 'introspection'],
      permissions: [],
      introspects: ['orders', 'reports'],
    },
  },
  note: 'an API behind gateways',
}

export const audience = 'https://orders.example'
export const reportsAudience = 'https://reports.example'

/** The routes of the API that the tests protect; an answer of introspection is used once. */
const routesFor = (issuer: string, deadIssuer: string) => `
issuers:
  - issuer: ${issuer}
    verification: by-format
    introspection: { clientId: gateway, clientSecret: { env: GATEWAY_SECRET }, maximumAge: 0 }
  # Nobody answers there: its tokens can be neither accepted nor refused.
  - issuer: ${deadIssuer}
    verification: introspection
    opaquePrefix: dead_
    introspection: { clientId: gateway, clientSecret: { env: GATEWAY_SECRET } }
audience: ${audience}
routes:
  - { path: '/orders/**', methods: [GET, HEAD], scopes: ['orders:read'], headers: { X-Api-Key: key-of-the-api } }
  - { path: /orders, methods: [POST], scopes: ['orders:write'] }
  - { path: '/admin/**', scopes: ['orders:admin'] }
  - { path: '/reports/**', audience: ${reportsAudience}, scopes: ['reports:read'], swap: jwt }
  - { path: /public, methods: [GET], public: true }
`

export type GuardedWorkspace = StrangerServer & {
  /** The route table, and the environment that it takes its secret from. */
  readonly routesFile: string
  readonly environment: Readonly<Record<string, string>>
  readonly token: (client: string, scope: string) => Promise<string>
  readonly revoke: (client: string, token: string) => Promise<void>
}

/** Mintmark with an API of either token format, and the route table that protects both; until the test file ends. */
export const startGuardedWorkspace = async (): Promise<GuardedWorkspace> => {
  const server = await startForStrangers(founding, { transport: 'http' })
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-routes-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const routesFile = join(directory, 'routes.yaml')
  writeFileSync(routesFile, routesFor(server.issuer, `http://127.0.0.1:${await freePort()}`))
  const post = (endpoint: string, client: string, form: Record<string, string>) =>
    fetch(endpoint, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${client}:${server.secrets[client]}`).toString('base64')}` },
      body: new URLSearchParams(form),
    })
  return {
    ...server,
    routesFile,
    environment: { GATEWAY_SECRET: server.secrets.gateway ?? '' },
    token: async (client, scope) => {
      const answer = await post(server.tokenEndpoint, client, { grant_type: 'client_credentials', scope })
      const { access_token: token } = (await answer.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`${client} got no token for ${scope}: ${answer.status}`)
      return token
    },
    revoke: async (client, token) => {
      const { status } = await post(server.revocationEndpoint, client, { token })
      if (status !== 200) throw new Error(`the token was not revoked: ${status}`)
    },
  }
}
