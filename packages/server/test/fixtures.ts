import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBasic } from '@mintmark/protocol'
import { loadConfig } from '../src/config/load.ts'
import type { SettingName } from '../src/config/schema.ts'
import type { Clock } from '../src/lib/clock.ts'
import { type FoundedSecrets, type Founding, foundWorkspace } from '../src/registry/bootstrap.ts'
import { type RunningServer, type ServerDependencies, startServer } from '../src/server.ts'
import { testStore } from './postgres/test-store.ts'

/** A clock that stands on real time until it is moved. */
export type MovableClock = Clock & {
  /** Time that never jumps. */
  readonly elapsed: () => number
  /** Lets time pass. */
  readonly advance: (milliseconds: number) => void
  /** Sets the clock to another time, as somebody or something wrong does: no time passes. */
  readonly jump: (milliseconds: number) => void
}

export const movableClock = (): MovableClock => {
  let passed = 0
  let jumped = 0
  return {
    now: () => Date.now() + passed + jumped,
    elapsed: () => performance.now() + passed,
    advance: (milliseconds) => {
      passed += milliseconds
    },
    jump: (milliseconds) => {
      jumped += milliseconds
    },
  }
}

/** A test, or a whole file (`import { after }`), to whose end something is bound. */
export type Ending = { readonly after: (hook: () => Promise<void>) => void }

/** The workspace of the acceptance cases (cases.md §0.2): `cb`, `cp`, `cx`, `rsA`, `rsB` and two APIs. */
export const casesFounding: Founding = {
  workspace: 'acme/cases',
  settings: { displayName: 'Cases' },
  apis: {
    'api-a': {
      audience: 'https://api-a.test',
      scopes: [
        { name: 'api:read', description: 'Read' },
        { name: 'api:write', description: 'Write' },
      ],
    },
    'api-b': {
      audience: 'https://api-b.test',
      scopes: [{ name: 'b:read', description: 'Read B' }],
      tokenFormat: 'opaque',
    },
  },
  clients: {
    cb: {
      capabilities: ['client_credentials'],
      authenticationMethods: ['client_secret_basic', 'client_secret_post'],
      permissions: [{ api: 'api-a', scopes: ['api:read', 'api:write'], defaultScopes: ['api:read'] }],
    },
    cp: {
      capabilities: ['client_credentials'],
      authenticationMethods: ['client_secret_post'],
      permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }],
    },
    cx: {
      capabilities: ['client_credentials'],
      permissions: [
        { api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] },
        { api: 'api-b', scopes: ['b:read'], defaultScopes: [] },
      ],
    },
    rsA: { capabilities: ['introspection'], introspects: ['api-a'] },
    rsB: { capabilities: ['introspection'], introspects: ['api-b'] },
  },
  note: 'acceptance cases',
}

/** Settings for tests that go through more wrong proofs of one client than the limit of failures lets through. */
export const manyFailures = { failureLimit: '1000000', failedClientLimit: '1000000' } as const

export type TestServer = RunningServer & {
  readonly clock: MovableClock
  /** Issuer of the workspace founded, and the secrets of its clients by id. */
  readonly issuer: string
  readonly secrets: FoundedSecrets
  /** POSTs a form to a path below the issuer, or to a whole URL. */
  readonly post: (
    path: string,
    form: string | Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>
  /** `Authorization: Basic` of a client of the workspace, with its secret or another. */
  readonly basic: (client: string, secret?: string) => Readonly<Record<string, string>>
  /** A token of a client, by Basic. */
  readonly token: (client: string, form?: Readonly<Record<string, string>>) => Promise<string>
}

/** The real server on free ports over a new SQLite file, with one workspace; closed and removed when the test ends. */
export const startTestServer = async (
  test: Ending,
  {
    founding = casesFounding,
    settings = {},
    dataDirectory,
    ...dependencies
  }: {
    readonly founding?: Founding
    readonly settings?: Readonly<Partial<Record<SettingName, string>>>
    readonly dataDirectory?: string
  } & Pick<ServerDependencies, 'wait'> = {},
): Promise<TestServer> => {
  const directory = dataDirectory ?? mkdtempSync(join(tmpdir(), 'mintmark-test-'))
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: {
      dataDirectory: directory,
      publicPort: '0',
      adminPort: '0',
      logLevel: 'silent',
      ...(await testStore(directory)),
      ...settings,
    },
  })
  const clock = movableClock()
  const server = await startServer(config, { clock, elapsed: clock.elapsed, ...dependencies })
  test.after(async () => {
    await server.close()
    if (dataDirectory === undefined) rmSync(directory, { recursive: true, force: true })
  })
  const secrets = (await foundWorkspace(founding, server)) ?? {}
  const issuer = `${server.publicUrl}/${founding.workspace}`
  const post: TestServer['post'] = (path, form, headers = {}) =>
    fetch(path.startsWith('/') ? `${issuer}${path}` : path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    })
  const basic: TestServer['basic'] = (client, secret = secrets[client] ?? '') => ({
    authorization: writeBasic(client, secret),
  })
  return {
    ...server,
    clock,
    issuer,
    secrets,
    post,
    basic,
    token: async (client, form = {}) => {
      const response = await post('/oauth2/token', { grant_type: 'client_credentials', ...form }, basic(client))
      const body = (await response.json()) as { access_token?: string }
      if (body.access_token === undefined) throw new Error(`no token: ${response.status} ${JSON.stringify(body)}`)
      return body.access_token
    },
  }
}
