import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import tls from 'node:tls'
import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import {
  administratorFile,
  type Founding,
  foundWorkspace,
  loadConfig,
  type RunningServer,
  startServer,
} from '@mintmark/server'
import { testStore } from '../../packages/server/test/postgres/test-store.ts'

/** How a stranger reaches the server: both are what people run. */
export const transports = ['http', 'tls'] as const
export type Transport = (typeof transports)[number]

export type StrangerServer = RunningServer & {
  /** Issuer of the workspace founded. */
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly introspectionEndpoint: string
  readonly revocationEndpoint: string
  readonly jwksUri: string
  /** PEM file with the certificate to trust; empty without TLS. */
  readonly trusted: string
  readonly secrets: Readonly<Record<string, string>>
  /** As the administrator, with the credential of the first start. */
  readonly admin: AdminClient
  /** Moves the server's clock. */
  readonly advance: (milliseconds: number) => void
}

export const algorithms = ['ES256', 'RS256', 'PS256', 'Ed25519', 'EdDSA'] as const

/** An API for each algorithm, an opaque one, one client that may use them all and one resource server that may ask about them. */
export const strangersFounding: Founding = {
  workspace: 'strangers/e2e',
  settings: { displayName: 'Strangers' },
  apis: {
    ...Object.fromEntries(
      algorithms.map((algorithm) => [
        algorithm,
        {
          audience: `https://${algorithm.toLowerCase()}.example`,
          scopes: [{ name: `use:${algorithm}`, description: '' }],
          algorithm,
        },
      ]),
    ),
    opaque: {
      audience: 'https://opaque.example',
      scopes: [{ name: 'use:opaque', description: '' }],
      tokenFormat: 'opaque',
    },
  },
  clients: {
    stranger: {
      capabilities: ['client_credentials', 'introspection'],
      permissions: [...algorithms, 'opaque'].map((api) => ({
        api,
        scopes: [`use:${api}`],
        defaultScopes: api === 'ES256' ? ['use:ES256'] : [],
      })),
      introspects: [...algorithms, 'opaque'],
    },
  },
  note: 'foreign clients',
}

/**
 * Mintmark as a stranger meets it, until the test file ends. With TLS its development certificate is trusted by whatever
 * in this process makes connections, as a certificate of an authority would be.
 * @param options.ahead milliseconds the server's clock is ahead of the machine's, by default none; below 0 it is behind
 */
export const startForStrangers = async (
  founding = strangersFounding,
  { transport = 'tls', ahead = 0 }: { readonly transport?: Transport; readonly ahead?: number } = {},
): Promise<StrangerServer> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-strangers-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: {
      dataDirectory: directory,
      publicPort: '0',
      adminPort: '0',
      logLevel: 'silent',
      ...(await testStore(directory)),
      tls: transport === 'tls' ? 'dev' : 'off',
    },
  })
  let offset = ahead
  const server = await startServer(config, { clock: { now: () => Date.now() + offset } })
  after(async () => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const { caFile: trusted = '' } = server
  if (trusted !== '') {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(trusted, 'utf8')])
  }
  const secrets = (await foundWorkspace(founding, server)) ?? {}
  const { clientId, clientSecret } = JSON.parse(readFileSync(join(directory, administratorFile), 'utf8')) as {
    readonly clientId: string
    readonly clientSecret: string
  }
  const issuer = `${server.publicUrl}/${founding.workspace}`
  return {
    ...server,
    issuer,
    tokenEndpoint: `${issuer}/oauth2/token`,
    introspectionEndpoint: `${issuer}/oauth2/introspect`,
    revocationEndpoint: `${issuer}/oauth2/revoke`,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    trusted,
    secrets,
    admin: createAdminClient({ adminUrl: server.adminUrl, clientId, clientSecret }),
    advance: (milliseconds) => {
      offset += milliseconds
    },
  }
}
