import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBasic } from '@mintmark/protocol'
import { loadConfig } from '../../src/config/load.ts'
import type { SettingName } from '../../src/config/schema.ts'
import { type FoundedSecrets, foundWorkspace } from '../../src/registry/bootstrap.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { casesFounding, type Ending } from '../fixtures.ts'
import { freePort } from '../free-port.ts'

/** A node of several that are one server: one issuer, one database, one master key. */
export type Node = RunningServer & {
  /** POSTs a form to a path below the issuer, at this node; as a client by Basic, with its secret or another. */
  readonly post: (
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>
  readonly get: (path: string) => Promise<Response>
  readonly basic: (client: string, secret?: string) => Readonly<Record<string, string>>
  readonly token: (client?: string) => Promise<string>
  readonly isActive: (token: string) => Promise<boolean>
}

export type Nodes = {
  readonly nodes: readonly [Node, Node]
  readonly issuer: string
  readonly secrets: FoundedSecrets
}

/** Two nodes with the workspace of the acceptance cases; closed when the test ends. */
export const startNodes = async (
  ending: Ending,
  store: string,
  settings: Readonly<Partial<Record<SettingName, string>>> = {},
  order: 'one after the other' | 'at once' = 'one after the other',
): Promise<Nodes> => {
  const masterKey = randomBytes(32).toString('hex')
  const ports = [await freePort(), await freePort()] as const
  const url = `http://localhost:${ports[0]}`
  const issuer = `${url}/${casesFounding.workspace}`
  let secrets: FoundedSecrets = {}

  const start = async (port: number): Promise<Node> => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'mintmark-node-'))
    const { config } = loadConfig({
      file: undefined,
      environment: {},
      flags: {
        dataDirectory,
        store,
        masterKey,
        url,
        publicPort: `${port}`,
        adminPort: '0',
        logLevel: 'silent',
        ...settings,
      },
    })
    const server = await startServer(config)
    ending.after(async () => {
      await server.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    })
    const at = `http://127.0.0.1:${port}/${casesFounding.workspace}`
    const basic: Node['basic'] = (client, secret = secrets[client] ?? '') => ({
      authorization: writeBasic(client, secret),
    })
    const post: Node['post'] = (path, form, headers = {}) =>
      fetch(`${at}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) })
    return {
      ...server,
      basic,
      post,
      get: (path) => fetch(`${at}${path}`),
      token: async (client = 'cb') => {
        const response = await post('/oauth2/token', { grant_type: 'client_credentials' }, basic(client))
        const { access_token: token } = (await response.json()) as { access_token?: string }
        if (token === undefined) throw new Error(`no token: ${response.status}`)
        return token
      },
      isActive: async (token) => {
        const response = await post('/oauth2/introspect', { token }, basic('rsA'))
        if (response.status !== 200) throw new Error(`not introspected: ${response.status}`)
        return ((await response.json()) as { active: boolean }).active
      },
    }
  }
  const first = start(ports[0])
  if (order === 'one after the other') await first
  const nodes = await Promise.all([first, start(ports[1])])
  secrets = (await foundWorkspace(casesFounding, nodes[0])) ?? {}
  return { nodes, issuer, secrets }
}
