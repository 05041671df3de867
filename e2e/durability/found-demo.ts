import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoFounding, type FoundedSecrets, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { testStoreEnvironment } from '../../packages/server/test/postgres/test-store.ts'

/** What opens a data directory's server: the secrets of the demo clients, and the first administrator. */
export type FoundedDemo = {
  readonly secrets: FoundedSecrets | undefined
  readonly administrator: { readonly clientId: string; readonly clientSecret: string }
}

/** Makes a data directory with the demo workspace in it, by a server that is closed again. */
export const foundDemo = async (
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<FoundedDemo> => {
  const { config } = loadConfig({
    file: undefined,
    environment: { ...(await testStoreEnvironment(directory)), ...environment },
    flags: { dataDirectory: directory, publicPort: '0', adminPort: '0' },
  })
  const founder = await startServer(config)
  const secrets = await foundWorkspace(demoFounding, founder)
  await founder.close()
  const administrator = JSON.parse(
    readFileSync(join(directory, 'administrator.json'), 'utf8'),
  ) as FoundedDemo['administrator']
  return { secrets, administrator }
}
