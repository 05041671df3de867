/**
 * Makes the fixture of the present schema, once, before a release: a database with everything an upgrade must keep, and
 * beside it what is in it. Fixtures of released versions are never made again.
 *
 *   node --conditions=mintmark-source packages/server/test/upgrade/make-fixture.ts
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeBasic } from '@mintmark/protocol'
import { foundWorkspace } from '../../src/registry/bootstrap.ts'
import { migrations } from '../../src/store/sqlite/migrate.ts'
import { openStore } from '../../src/store/stores.ts'
import { casesFounding } from '../fixtures.ts'
import { type Golden, startAt } from './at-fixture.ts'
import { dump } from './dump.ts'

const name = `schema-${String(migrations().length).padStart(4, '0')}`
const target = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
if (existsSync(`${target}.sqlite`)) throw new Error(`${target}.sqlite is there already: a fixture is made once`)

const directory = mkdtempSync(join(tmpdir(), 'mintmark-fixture-'))
/** Of this fixture alone, and known to everybody. */
const masterKey = Buffer.alloc(32, 'fixture ').toString('base64')
const madeAt = Date.now()
const server = await startAt(directory, masterKey, madeAt)
const secrets = (await foundWorkspace(casesFounding, server)) ?? {}

const post = async (path: string, client: string, form: Record<string, string>): Promise<Response> => {
  const response = await fetch(`${server.workspaceUrl}${path}`, {
    method: 'POST',
    headers: { authorization: writeBasic(client, secrets[client] ?? '') },
    body: new URLSearchParams(form),
  })
  return response
}
const token = async (client: string, form: Record<string, string> = {}): Promise<string> => {
  const response = await post('/oauth2/token', client, { grant_type: 'client_credentials', ...form })
  return ((await response.json()) as { access_token: string }).access_token
}

const tokens = {
  jwt: await token('cb'),
  opaque: await token('cx', { resource: 'https://api-b.test', scope: 'b:read' }),
  revoked: await token('cb'),
}
await post('/oauth2/revoke', 'cb', { token: tokens.revoked })
await post('/oauth2/token', 'cb', { grant_type: 'client_credentials', scope: 'unknown' })
const jwks = await (await fetch(`${server.workspaceUrl}/.well-known/jwks.json`)).json()
await server.store.changes.saveDraft(
  {
    id: 'draft-1',
    workspace: 'acme/cases',
    base: 1,
    created: madeAt,
    actor: 'system/admin/cli',
    note: 'kept over upgrades',
    version: 1,
    operations: '[]',
  },
  [],
)
await server.close()

const store = await openStore('sqlite:mintmark.sqlite', directory)
const content = await dump(store)
await store.close()
copyFileSync(join(directory, 'mintmark.sqlite'), `${target}.sqlite`)
const golden: Golden = { madeAt, masterKey, secrets, tokens, jwks, content }
writeFileSync(`${target}.json`, `${JSON.stringify(golden, undefined, 2)}\n`)
rmSync(directory, { recursive: true })
