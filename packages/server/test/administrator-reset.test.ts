import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { startTestServer } from './fixtures.ts'
import { embeddedOnly } from './postgres/test-store.ts'
import { runCommand } from './run-command.ts'

const run = async (args: readonly string[]) => {
  const { code, written: output } = await runCommand(['administrator', 'reset', ...args])
  return { code, output }
}

const tokenStatus = async (adminUrl: string, secret: string): Promise<number> => {
  const response = await fetch(`${adminUrl}/system/admin/oauth2/token`, {
    method: 'POST',
    headers: { authorization: writeBasic('cli', secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  await response.body?.cancel()
  return response.status
}

test('a lost administrator credential is made anew, the old one ends, and only a stopped server allows it', {
  skip: embeddedOnly,
}, async (context) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mintmark-reset-'))
  context.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const file = join(dataDirectory, 'administrator.json')
  const secretOf = () => (JSON.parse(readFileSync(file, 'utf8')) as { clientSecret: string }).clientSecret

  const first = await startTestServer(context, { dataDirectory })
  const lost = secretOf()
  const beside = await run(['--yes', '--data-dir', dataDirectory])
  assert.equal(beside.code, 1)
  assert.match(beside.output, /another mintmark process/)
  await first.close()

  const unsure = await run(['--data-dir', dataDirectory])
  assert.equal(unsure.code, 2)
  rmSync(file)
  const { code, output } = await run(['--yes', '--data-dir', dataDirectory])
  assert.equal(code, 0, output)
  const made = secretOf()
  assert.ok(!output.includes(made))
  assert.equal(statSync(file).mode & 0o777, 0o600)

  const second = await startTestServer(context, { dataDirectory })
  assert.equal(await tokenStatus(second.adminUrl, made), 200)
  assert.equal(await tokenStatus(second.adminUrl, lost), 401)
})
