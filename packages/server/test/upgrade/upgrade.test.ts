import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeBasic } from '@mintmark/protocol'
import { openStore } from '../../src/store/stores.ts'
import { type Golden, startAt } from './at-fixture.ts'
import { dump, plain } from './dump.ts'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const names = readdirSync(fixtures)
  .filter((name) => /^schema-\d{4}\.sqlite$/.test(name))
  .map((name) => name.replace('.sqlite', ''))

const prepare = (t: TestContext, name: string): { readonly directory: string; readonly golden: Golden } => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-upgrade-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  copyFileSync(join(fixtures, `${name}.sqlite`), join(directory, 'mintmark.sqlite'))
  return { directory, golden: JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as Golden }
}

test('there is a fixture to upgrade from', () => {
  assert.ok(names.includes('schema-0001'))
})

for (const name of names) {
  test(`REL-054: a database of ${name} holds after the upgrade what it held before`, async (t) => {
    const { directory, golden } = prepare(t, name)
    const store = await openStore('sqlite:mintmark.sqlite', directory)
    t.after(() => store.close())
    assert.deepEqual(plain(await dump(store)), golden.content)
  })

  test(`REL-054: the clients of ${name} authenticate, its tokens live, its revocations hold, its audit is readable`, async (t) => {
    const { directory, golden } = prepare(t, name)
    const server = await startAt(directory, golden.masterKey, golden.madeAt + 60_000)
    t.after(() => server.close())
    const post = (path: string, client: string, form: Record<string, string>): Promise<Response> =>
      fetch(`${server.workspaceUrl}${path}`, {
        method: 'POST',
        headers: { authorization: writeBasic(client, golden.secrets[client] ?? '') },
        body: new URLSearchParams(form),
      })
    for (const client of ['cb', 'cx']) {
      const response = await post('/oauth2/token', client, { grant_type: 'client_credentials' })
      assert.equal(response.status, 200, client)
    }
    const active = async (token: string, asks: string): Promise<unknown> =>
      ((await (await post('/oauth2/introspect', asks, { token })).json()) as { active: unknown }).active
    assert.equal(await active(golden.tokens.jwt, 'rsA'), true)
    assert.equal(await active(golden.tokens.opaque, 'rsB'), true)
    assert.equal(await active(golden.tokens.revoked, 'rsA'), false)
    assert.deepEqual(await (await fetch(`${server.workspaceUrl}/.well-known/jwks.json`)).json(), golden.jwks)
    const { events } = await server.store.audit.list({ types: ['token.refused'] }, Number.MAX_SAFE_INTEGER, 10)
    assert.equal(events.length, 1)
  })
}
