import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import { administratorFile, loadConfig, type RunningServer, startServer } from '@mintmark/server'
import { testStore } from '../../packages/server/test/postgres/test-store.ts'

/** A test, or a whole file by its `after`. */
export type Ending = { readonly after: (action: () => Promise<void>) => void }

export type GuideServer = RunningServer & {
  /** As the administrator of the guides, with the credential of the first start. */
  readonly admin: AdminClient
  readonly advance: (milliseconds: number) => void
}

/** Mintmark on free ports with nothing in it: what a guide registers first, its test registers too. */
export const startForGuide = async (ending: Ending, mode: 'off' | 'dev' = 'off'): Promise<GuideServer> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-guide-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: {
      dataDirectory: directory,
      publicPort: '0',
      adminPort: '0',
      logLevel: 'silent',
      tls: mode,
      ...(await testStore(directory)),
    },
  })
  let ahead = 0
  const server = await startServer(config, { clock: { now: () => Date.now() + ahead } })
  ending.after(async () => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  if (server.caFile !== undefined) {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(server.caFile, 'utf8')])
  }
  const { clientId, clientSecret } = JSON.parse(readFileSync(join(directory, administratorFile), 'utf8')) as {
    readonly clientId: string
    readonly clientSecret: string
  }
  return {
    ...server,
    admin: createAdminClient({ adminUrl: server.adminUrl, clientId, clientSecret }),
    advance: (milliseconds) => {
      ahead += milliseconds
    },
  }
}
