import { adminAudience } from '@mintmark/protocol'
import { auditRow } from '../audit/record.ts'
import type { KeyCredential } from '../domain/credential.ts'
import { systemWorkspace, type WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { type Random, randomId } from '../lib/random.ts'
import { generateSecret } from '../lib/secret.ts'
import { type EntityChange, type Store, StoreUnavailableError } from '../store/store.ts'
import type { ApiBody, ClientBody, CredentialBody, SecretBody, WorkspaceBody } from './bodies.ts'

/** A workspace as it is first made. */
export type Founding = {
  readonly workspace: WorkspaceKey
  readonly settings: WorkspaceBody
  readonly apis: Readonly<Record<string, ApiBody>>
  readonly clients: Readonly<Record<string, ClientBody>>
  /** Public keys by client id; a client that has one here gets no secret. */
  readonly publicKeys?: Readonly<Record<string, Omit<KeyCredential, 'id' | 'type' | 'expires'>>>
  readonly note: string
}

/** The secrets of the clients made, by client id: known here and nowhere again. */
export type FoundedSecrets = Readonly<Record<string, string>>

const create = (
  kind: EntityChange['kind'],
  id: string,
  body: object,
  more: Partial<EntityChange> = {},
): EntityChange => {
  const text = JSON.stringify(body)
  return { kind, id, parent: '', expectedRevision: 0, body: text, claims: [], before: undefined, after: text, ...more }
}

/**
 * Makes a workspace with its APIs and clients, each client with one generated secret or its key, in one commit.
 * @param keepSecrets called with the secrets before anything is committed, so that a crash in between loses none
 * @returns the secrets, or undefined when the workspace exists already
 */
export const foundWorkspace = async (
  founding: Founding,
  { store, clock, random }: { readonly store: Store; readonly clock: Clock; readonly random: Random },
  keepSecrets: (secrets: FoundedSecrets) => void = () => {},
): Promise<FoundedSecrets | undefined> => {
  const { workspace } = founding
  if ((await store.configuration.readWorkspaceRow(workspace)) !== undefined) return undefined
  const time = clock.now()
  const secrets: Record<string, string> = {}
  const credentials = Object.keys(founding.clients).map((client) => {
    const key = founding.publicKeys?.[client]
    if (key !== undefined) {
      const body: CredentialBody = { type: 'key', ...key, created: time }
      return create('credential', randomId(random, 10), body, { parent: client })
    }
    const { secret, digest, hint } = generateSecret(random)
    secrets[client] = secret
    const body: SecretBody = {
      type: 'secret',
      hash: { kind: 'sha256', digest },
      hint,
      created: time,
    }
    return create('credential', randomId(random, 10), body, {
      parent: client,
      after: JSON.stringify({ type: 'secret', hint, created: time }),
    })
  })
  keepSecrets(secrets)
  const changes = [
    create('workspace', workspace, founding.settings, {
      claims: (founding.settings.aliases ?? []).map(({ path }) => `path:${path}`),
    }),
    ...Object.entries(founding.apis).map(([id, body]) => create('api', id, body)),
    ...Object.entries(founding.clients).map(([id, body]) => create('client', id, body)),
    ...credentials,
  ]
  const actor = 'system'
  const [tenant = ''] = workspace.split('/')
  await store.changes.createTenant({ id: tenant, displayName: tenant, created: time }, [
    auditRow({ type: 'tenant.created', actor, tenant }, time),
  ])
  const event = auditRow(
    {
      type: 'configuration.changed',
      workspace,
      actor,
      revision: 1,
      note: founding.note,
      changes: changes.map(({ kind, id }) => ({ action: 'created', kind, id })),
    },
    time,
  )
  const result = await store.changes.commit(
    { workspace, validatedAt: 0, changes, time, actor, note: founding.note, draft: undefined, idempotency: undefined },
    [event],
  )
  if (result.outcome === 'conflict') throw new StoreUnavailableError(result.conflicts.join('; '))
  return result.outcome === 'committed' ? secrets : undefined
}

/** The client of the first administrator. */
export const firstAdministrator = 'cli'

/** The built-in workspace whose tokens administer the server. */
export const systemFounding: Founding = {
  workspace: systemWorkspace,
  settings: { displayName: 'Administration', tokenLifetime: 300, maxTokenLifetime: 3600 },
  apis: {
    admin: {
      displayName: 'Mintmark admin API',
      audience: adminAudience,
      scopes: [
        { name: 'read', description: 'See everything of every tenant, secrets never' },
        { name: 'write', description: 'Change everything of every tenant' },
        { name: 'secrets', description: 'Make and remove credentials of every tenant' },
        { name: 'read:*', description: 'See one tenant: read:{tenant}' },
        { name: 'write:*', description: 'Change one tenant: write:{tenant}' },
        { name: 'secrets:*', description: 'Make and remove credentials of one tenant: secrets:{tenant}' },
      ],
    },
  },
  clients: {
    [firstAdministrator]: {
      displayName: 'First administrator',
      capabilities: ['client_credentials'],
      permissions: [
        {
          api: 'admin',
          scopes: ['read', 'write', 'secrets', 'read:*', 'write:*', 'secrets:*'],
          defaultScopes: ['read', 'write', 'secrets'],
        },
      ],
    },
  },
  note: 'first start',
}

/** The workspace of `mintmark dev`: the weather API and the website that calls it. */
export const demoFounding: Founding = {
  workspace: 'default/demo',
  settings: { displayName: 'Demo' },
  apis: {
    weather: {
      displayName: 'Weather API',
      audience: 'https://weather.example',
      scopes: [
        { name: 'weather:read', description: 'Read forecasts' },
        { name: 'weather:write', description: 'Write forecasts' },
      ],
    },
  },
  clients: {
    'weather-website': {
      displayName: 'Weather website',
      capabilities: ['client_credentials'],
      permissions: [{ api: 'weather', scopes: ['weather:read', 'weather:write'], defaultScopes: ['weather:read'] }],
    },
    'weather-api': {
      displayName: 'Weather API, asking about tokens',
      capabilities: ['introspection'],
      introspects: ['weather'],
    },
  },
  note: 'demo workspace',
}
