import { ConfigError, loadConfig } from './config/load.ts'
import { unsafeSettings } from './config/safety.ts'
import type { Config } from './config/schema.ts'
import { startServer } from './server.ts'

const readConfig = (): Config => {
  const { config } = loadConfig({ file: undefined, environment: process.env, flags: {} })
  const problems = unsafeSettings(config)
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Runs one of the server's commands; the only reader of arguments, environment and signals. */
export const run = async (args: readonly string[]): Promise<number> => {
  if (args[0] !== 'serve') return 2
  const server = await startServer(readConfig())
  process.stdout.write(`mintmark ready: ${server.publicUrl} ${server.adminUrl}\n`)
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await server.close()
  return 0
}
