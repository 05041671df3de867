import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenSource } from '@mintmark/client'
import { demoFounding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { testStore } from '../../packages/server/test/postgres/test-store.ts'

export interface DemoIssuer {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly secret: string
  /** The secret of the demo's API, which may ask about tokens. */
  readonly apiSecret: string
  /** A token of the demo client, ready for `Authorization`. */
  readonly authorization: (scope: string) => Promise<string>
  readonly close: () => Promise<void>
}

/** Mintmark with its demo workspace, on free ports, its data in a directory of its own. */
export async function startDemoIssuer(): Promise<DemoIssuer> {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-demo-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: {
      dataDirectory: directory,
      publicPort: '0',
      adminPort: '0',
      logLevel: 'silent',
      ...(await testStore(directory)),
    },
  })
  const server = await startServer(config)
  const issuer = `${server.publicUrl}/default/demo`
  const secrets = (await foundWorkspace(demoFounding, server)) ?? {}
  const secret = secrets['weather-website'] ?? ''
  const client = { issuer, clientId: 'weather-website', credential: secret }
  return {
    issuer,
    audience: 'https://weather.example',
    clientId: client.clientId,
    secret,
    apiSecret: secrets['weather-api'] ?? '',
    authorization: async (scope) => (await tokenSource({ ...client, scope }).token()).authorization,
    close: async () => {
      await server.close()
      rmSync(directory, { recursive: true })
    },
  }
}
