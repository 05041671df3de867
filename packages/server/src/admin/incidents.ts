import { type LeakedToken, type LeakOwner, operations } from '@mintmark/protocol/admin'
import { credentialOf } from '../domain/access-token.ts'
import { proves } from '../domain/credential-state.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Owned, OwnToken } from '../leaks/find-leaked.ts'
import type { Use } from '../leaks/trace.ts'
import { readClient } from '../registry/bodies.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import { rule } from '../registry/kinds/kind.ts'
import { credentialPlace, newCredential } from '../registry/steps.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { allows, assertAllowed } from './administrator.ts'
import { type Call, type Handler, handle } from './call.ts'
import type { AdminDependencies } from './dependencies.ts'
import { bodyOfEntity, createdSecretView, instant, lifeView } from './views.ts'

const mostCallers = 50

const tenantOf = (workspace: WorkspaceKey): string => workspace.split('/')[0] ?? ''

const useView = ({ count, first, last }: Use) => ({ count, first: instant(first), last: instant(last) })

const tokenView = ({ workspace, claims, state }: OwnToken): LeakedToken => ({
  workspace,
  client: claims.client_id,
  credential: credentialOf(claims.jti),
  jti: claims.jti,
  active: state.active,
  ...(state.active ? {} : { reason: state.check }),
  issued: instant(claims.iat * 1000),
  expires: instant(claims.exp * 1000),
  audience: [claims.aud].flat(),
  ...(claims.scope === undefined ? {} : { scope: claims.scope }),
  bound: claims.cnf !== undefined,
})

export const createIncidentHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, findLeaked, respondToLeak, traceCredential, findProven, flushUses, preparation, cursors, clock } = deps

  /** Who made a credential: the revision of the very time it was dated by. Revisions are in the order of their times. */
  const makerOf = async (workspace: WorkspaceKey, created: number, newest: number): Promise<string | undefined> => {
    let [low, high] = [1, newest]
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const [found] = await store.changes.readRevisions(workspace, middle - 1, middle)
      if (found === undefined) return undefined
      if (found.time === created) return found.actor
      if (found.time < created) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  const ownerView = async ({ workspace, entity }: Owned): Promise<LeakOwner> => {
    const { id, parent } = entity
    const body = bodyOfEntity(entity)
    const client = await store.configuration.readEntity(workspace, 'client', parent)
    const { displayName = '', enabled = true } = client === undefined ? {} : bodyOfEntity(client)
    const uses = await store.credentialUse.listOfClient(workspace, parent)
    const use = uses.find(({ credential }) => credential === id)
    const callers = (await store.credentialUse.listCallers(workspace, parent)).filter(
      ({ credential }) => credential === id,
    )
    const created = typeof body.created === 'number' ? body.created : undefined
    const createdBy = created === undefined ? undefined : await makerOf(workspace, created, entity.revision)
    return {
      workspace,
      client: parent,
      displayName: String(displayName),
      clientEnabled: enabled === true,
      credential: id,
      type: String(body.type),
      ...(typeof body.hint === 'string' && body.hint !== '' ? { hint: body.hint } : {}),
      ...(created === undefined ? {} : { created: instant(created) }),
      ...(createdBy === undefined ? {} : { createdBy }),
      ...lifeView(body, clock.now(), use),
      callers: callers.slice(0, mostCallers).map(({ time, address, agent, instance }) => ({
        time: instant(time),
        address,
        ...(agent === '' ? {} : { agent }),
        ...(instance === '' ? {} : { instance }),
      })),
    }
  }

  const byChosen = async (workspace: WorkspaceKey, client: string, secret: string): Promise<readonly Owned[]> => {
    const stored = await store.configuration.readClient(workspace, client)
    if (stored === undefined) return []
    const known = readClient(stored.client, stored.credentials, (value) => value)
    const credentials = known.credentials.filter((one) => proves(one, clock.now()))
    const id = await findProven({ ...known, credentials }, secret)
    return stored.credentials.filter((one) => one.id === id).map((entity) => ({ workspace, entity }))
  }

  const find = async ({
    input,
    administrator,
  }: Call<typeof operations.identifyLeak>): Promise<{
    readonly owned: readonly Owned[]
    readonly token?: OwnToken
  }> => {
    if ('digest' in input) return { owned: await findLeaked.bySecret(input.digest) }
    if ('token' in input) {
      const token = await findLeaked.byToken(input.token)
      const owner = token && (await findLeaked.byJti(token.workspace, token.claims.jti))
      return { owned: owner === undefined ? [] : [owner], ...(token === undefined ? {} : { token }) }
    }
    const workspace = input.workspace as WorkspaceKey
    assertAllowed(administrator, 'secret' in input ? 'secrets' : 'read', tenantOf(workspace))
    if ('secret' in input) return { owned: await byChosen(workspace, input.client, input.secret) }
    if ('jwk' in input) return { owned: await findLeaked.byKey(workspace, input.jwk) }
    const owner = await findLeaked.byJti(workspace, input.jti)
    return { owned: owner === undefined ? [] : [owner] }
  }

  return [
    handle(operations.identifyLeak, async (call) => {
      const { owned, token } = await find(call)
      await flushUses()
      // What another tenant has is nothing to whoever may not see it.
      const visible = (workspace: WorkspaceKey) => allows(call.administrator, 'read', tenantOf(workspace))
      const shown = token !== undefined && visible(token.workspace) ? { token: tokenView(token) } : {}
      const owners = await Promise.all(owned.filter(({ workspace }) => visible(workspace)).map(ownerView))
      if (owners.length === 0 && shown.token === undefined) {
        throw new AdminProblem('not-found', 'This is no credential and no token of any workspace you may see.', {
          check: 'leak-known',
        })
      }
      return { body: { owners, ...shown } }
    }),
    handle(operations.traceCredential, async ({ workspace, parameters, query }) => {
      const { client, credential } = parameters
      const { since, after } = query
      const list = JSON.stringify(['trace', workspace, client, credential, since])
      const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(cursors.read(list, after))
      const start = since === undefined ? undefined : Date.parse(since)
      const { tokens, apis, addresses, live, next, ...rest } = await traceCredential(
        { workspace, client, credential },
        start,
        before,
      )
      return {
        body: {
          ...rest,
          ...(tokens === undefined ? {} : { tokens: useView(tokens) }),
          apis: apis.map(({ api, scope, ...use }) => ({ api, scope, ...useView(use) })),
          addresses: addresses.map(({ address, ...use }) => ({ address, ...useView(use) })),
          live: live.map((token) => ({ ...token, issued: instant(token.issued), expires: instant(token.expires) })),
          until: instant(clock.now()),
          ...(next === undefined ? {} : { next: cursors.write(list, String(next)) }),
        },
      }
    }),
    handle(operations.respondToLeak, async ({ workspace, input, administrator, address }) => {
      const { client, credential, jti, rotate = false, expires } = input
      const by = { actor: administrator.actor, address }
      const entity = await store.configuration.readEntity(workspace, 'credential', credential)
      if (jti !== undefined) {
        if (credentialOf(jti) !== credential || rotate || expires !== undefined) {
          throw new ChangeRefused([
            rule('a leaked token is revoked alone: jti is of the credential, and nothing rotates'),
          ])
        }
        // A token may outlast its credential's record.
        const known =
          entity?.parent === client || (await store.configuration.readClient(workspace, client)) !== undefined
        if (!known) throw notFound(`client ${client} in ${workspace}`)
        await respondToLeak({ workspace, client, credential, leaked: 'token', jti, response: 'token-revoked' }, by)
        return { body: { time: instant(clock.now()), response: 'token-revoked' as const, client, credential } }
      }
      if (entity === undefined || entity.parent !== client) {
        throw notFound(`credential ${credential} of client ${client} in ${workspace}`)
      }
      const { type } = bodyOfEntity(entity)
      if (rotate && type !== 'secret') throw new ChangeRefused([rule('only a secret is replaced by the server itself')])
      const generated = { type: 'generated', ...(expires === undefined ? {} : { expires }) } as const
      const replacement = rotate ? await newCredential(client, generated, preparation) : undefined
      const leaked = type === 'secret' ? 'secret' : 'key'
      const outcome = await respondToLeak(
        { workspace, client, credential, leaked, replacement, response: 'credential-retired' },
        by,
      )
      const now = clock.now()
      const made = replacement && outcome?.left(credentialPlace(client, replacement.place.id))
      const shown = outcome?.committed.secrets[0]?.secret
      return {
        body: {
          time: instant(now),
          response: 'credential-retired' as const,
          client,
          credential,
          ...(outcome === undefined ? {} : { revision: outcome.committed.revision }),
          ...(outcome === undefined || outcome.frozen.length === 0 ? {} : { frozen: [...outcome.frozen] }),
          ...(replacement === undefined || made === undefined
            ? {}
            : { secret: createdSecretView(replacement.place.id, made.body, made.revision, now, shown) }),
        },
      }
    }),
  ]
}
