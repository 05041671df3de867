import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import tls from 'node:tls'
import { type Founding, foundWorkspace, loadConfig, type RunningServer, startServer } from '@mintmark/server'

export type StrangerServer = RunningServer & {
  /** Issuer of the workspace founded. */
  readonly issuer: string
  readonly jwksUri: string
  /** PEM file with the certificate to trust. */
  readonly caFile: string
  readonly secrets: Readonly<Record<string, string>>
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
 * Mintmark over TLS, as a stranger meets it, until the test file ends: its development certificate is trusted by whatever
 * in this process makes connections, as a certificate of an authority would be.
 */
export const startForStrangers = async (founding = strangersFounding): Promise<StrangerServer> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-strangers-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: { dataDirectory: directory, publicPort: '0', adminPort: '0', logLevel: 'silent', tls: 'dev' },
  })
  const server = await startServer(config)
  after(async () => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const { caFile = '' } = server
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')])
  const secrets = (await foundWorkspace(founding, server)) ?? {}
  const issuer = `${server.publicUrl}/${founding.workspace}`
  return { ...server, issuer, jwksUri: `${issuer}/.well-known/jwks.json`, caFile, secrets }
}
