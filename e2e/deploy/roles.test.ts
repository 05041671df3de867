import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { demoFounding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { runServerCommand } from '@mintmark/server/bin'
import { sharedPostgres } from '../../packages/server/test/postgres/postgres-server.ts'

/** The statements that `deploy/compose/roles.sh` gives to psql, for another database, with the passwords put in. */
const statements = (database: string): readonly string[] => {
  const script = readFileSync(resolve(import.meta.dirname, '../../deploy/compose/roles.sh'), 'utf8')
  const [, sql = ''] = /<<'END'\n(.*)\nEND\n$/s.exec(script) ?? []
  return sql
    .replaceAll(/^\\set .*\n/gm, '')
    .replaceAll(/:'(\w+)'/g, "'$1-password'")
    .replaceAll('DATABASE mintmark', `DATABASE ${database}`)
    .split(';\n')
    .filter((statement) => statement.trim() !== '')
}

test('the role that owns the tables migrates, the one that serves issues tokens and may change no table', async (context) => {
  const postgres = await sharedPostgres()
  const { name, url, drop } = await postgres.createDatabase()
  context.after(drop)
  assert.equal(statements(name).length, 13)
  for (const statement of statements(name)) await postgres.query(name, statement)
  const as = (role: 'mintmark' | 'mintmark_owner') => ({
    MINTMARK_STORE: url.replace(/\/\/[^@]+@/, `//${role}@`),
    MINTMARK_STORE_PASSWORD: role === 'mintmark' ? 'server-password' : 'owner-password',
  })

  const directory = mkdtempSync(join(tmpdir(), 'mintmark-roles-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const lines: string[] = []
  const command = (name: string, role: 'mintmark' | 'mintmark_owner', ...flags: readonly string[]) =>
    runServerCommand([...name.split(' '), ...flags, '--data-dir', directory], {
      out: (text) => lines.push(text),
      err: (text) => lines.push(text),
      environment: as(role),
      interactive: false,
    })
  assert.equal(await command('migrate', 'mintmark'), 1)
  assert.match(lines.join(''), /needs to be migrated, and mintmark may not/)
  assert.equal(await command('migrate', 'mintmark_owner'), 0, lines.join(''))

  const flags = { dataDirectory: directory, publicPort: '0', adminPort: '0', logLevel: 'silent' }
  const server = await startServer(loadConfig({ file: undefined, environment: as('mintmark'), flags }).config)
  context.after(() => server.close())
  const secrets = await foundWorkspace(demoFounding, server)
  const response = await fetch(`${server.publicUrl}/${demoFounding.workspace}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`weather-website:${secrets?.['weather-website']}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  assert.equal(response.status, 200, await response.text())

  // A pod's administrator credential went with it: a new one while the nodes serve.
  const reset = await command('administrator reset', 'mintmark', '--yes')
  assert.equal(reset, 0, lines.join(''))
  assert.match(lines.join(''), /Servers that run take it at once/)
  const { adminUrl, clientSecret } = JSON.parse(readFileSync(join(directory, 'administrator.json'), 'utf8')) as Record<
    string,
    string
  >
  // The command line on that machine finds the server as before.
  assert.equal(adminUrl, server.adminUrl)
  const signedIn = await fetch(`${server.adminUrl}/system/admin/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`cli:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  assert.equal(signedIn.status, 200, await signedIn.text())

  const { rows } = await postgres.query(
    name,
    `SELECT relname,
            has_table_privilege('mintmark', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') AS uses,
            pg_get_userbyid(relowner) AS owner
       FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'mintmark'::regnamespace`,
  )
  assert.ok(rows.length > 5)
  for (const { relname, uses, owner } of rows)
    assert.deepEqual([relname, uses, owner], [relname, true, 'mintmark_owner'])
  const right = await postgres.query(name, "SELECT has_schema_privilege('mintmark', 'mintmark', 'CREATE') AS creates")
  assert.deepEqual(right.rows, [{ creates: false }])

  const appendOnly = resolve(import.meta.dirname, '../../deploy/postgres/3-append-only.sql')
  await postgres.query(name, readFileSync(appendOnly, 'utf8'))
  const rewriting = "SELECT has_table_privilege('mintmark', 'mintmark.audit_event', 'UPDATE') AS rewrites"
  assert.deepEqual((await postgres.query(name, rewriting)).rows, [{ rewrites: false }])
})
