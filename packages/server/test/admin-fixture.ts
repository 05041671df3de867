import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeBasic } from '@mintmark/protocol'
import { adminPath, type Operation, type OperationName, operations, type ResultOf } from '@mintmark/protocol/admin'
import { administratorFile } from '../src/server/administrator-file.ts'
import { startTestServer, type TestServer } from './fixtures.ts'

type Ending = Parameters<typeof startTestServer>[0]

export type Reply<R = unknown> = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, read as what the operation answers when it is done. */
  readonly body: R
}

export type Given = {
  readonly input?: unknown
  readonly query?: Readonly<Record<string, string | number>>
  readonly headers?: Readonly<Record<string, string>>
  /** Another administrator's token. */
  readonly token?: string
}

export type AdminServer = TestServer & {
  /** Calls an operation in the workspace `acme/cases`, or where the parameters say, as the first administrator. */
  readonly call: <N extends OperationName>(
    name: N,
    parameters?: Readonly<Record<string, string>>,
    given?: Given,
  ) => Promise<Reply<ResultOf<(typeof operations)[N]>>>
  /** A token of a client of the system workspace. */
  readonly adminToken: (scope?: string, client?: string, secret?: string) => Promise<string>
  /** Makes an administrator with these scopes and returns its token. */
  readonly administrator: (scopes: readonly string[]) => Promise<string>
}

/** The path of an operation, parameters in place. */
export const pathOf = ({ path }: Operation, parameters: Readonly<Record<string, string>>): string =>
  adminPath +
  path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) =>
    encodeURIComponent({ tenant: 'acme', workspace: 'cases', ...parameters }[name] ?? `no-${name}`),
  )

/** The real server of the acceptance cases with an administrator at hand. */
export const startAdminServer = async (
  test: Ending,
  options: Parameters<typeof startTestServer>[1] = {},
): Promise<AdminServer> => {
  const server = await startTestServer(test, options)
  const file = JSON.parse(readFileSync(join(server.dataDirectory, administratorFile), 'utf8')) as {
    readonly clientId: string
    readonly clientSecret: string
  }

  const adminToken: AdminServer['adminToken'] = async (scope, client = file.clientId, secret = file.clientSecret) => {
    const response = await fetch(`${server.adminUrl}/system/admin/oauth2/token`, {
      method: 'POST',
      headers: { authorization: writeBasic(client, secret) },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    })
    const body = (await response.json()) as { access_token?: string }
    if (body.access_token === undefined) throw new Error(`no administrator's token: ${JSON.stringify(body)}`)
    return body.access_token
  }

  // Administrators' tokens live for five minutes, and tests move the clock.
  let held = { token: await adminToken(), since: server.clock.now() }
  const heldToken = async (): Promise<string> => {
    const now = server.clock.now()
    if (now - held.since > 200_000) held = { token: await adminToken(), since: now }
    return held.token
  }

  const call: AdminServer['call'] = async (name, parameters = {}, { input, query, headers = {}, token } = {}) => {
    const operation: Operation = operations[name]
    const search =
      query === undefined ? '' : `?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, `${v}`]))}`
    const response = await fetch(`${server.adminUrl}${pathOf(operation, parameters)}${search}`, {
      method: operation.method,
      headers: {
        authorization: `Bearer ${token ?? (await heldToken())}`,
        ...(input === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
  }

  const administrator: AdminServer['administrator'] = async (scopes) => {
    const reply = await call(
      'createClient',
      { tenant: 'system', workspace: 'admin' },
      {
        input: {
          capabilities: ['client_credentials'],
          permissions: [{ api: 'admin', scopes, defaultScopes: scopes }],
          secret: { type: 'generated' },
        },
      },
    )
    if (reply.status !== 201) throw new Error(reply.text)
    return adminToken(scopes.join(' '), reply.body.id, reply.body.secret?.secret)
  }

  return { ...server, call, adminToken, administrator }
}
