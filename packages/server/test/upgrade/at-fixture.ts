import { loadConfig } from '../../src/config/load.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { freePort } from '../free-port.ts'

/** What is kept beside the database of a version: what its clients and tokens are, and what was in it. */
export type Golden = {
  /** Epoch milliseconds at which it was made: its tokens live for an hour from then. */
  readonly madeAt: number
  readonly masterKey: string
  readonly secrets: Readonly<Record<string, string>>
  readonly tokens: { readonly jwt: string; readonly opaque: string; readonly revoked: string }
  readonly jwks: unknown
  readonly content: unknown
}

/** The base URL of every fixture: it is part of their tokens. */
const url = 'http://localhost:6749'

/** A server on a fixture's data at a time near its making, and where its workspace `acme/cases` answers. */
export const startAt = async (
  dataDirectory: string,
  masterKey: string,
  now: number,
): Promise<RunningServer & { readonly workspaceUrl: string }> => {
  const port = await freePort()
  const { config } = loadConfig({
    file: undefined,
    environment: { MINTMARK_MASTER_KEY: masterKey },
    flags: { dataDirectory, url, publicPort: String(port), adminPort: '0', logLevel: 'silent' },
  })
  const began = performance.now()
  const clock: Clock = { now: () => Math.floor(now + performance.now() - began) }
  const server = await startServer(config, { clock })
  return { ...server, workspaceUrl: `http://127.0.0.1:${port}/acme/cases` }
}
