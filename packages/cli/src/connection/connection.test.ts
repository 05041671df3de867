import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CommandFailure } from '../failure.ts'
import { findConnection } from './connection.ts'

const dataDirectory = (test: TestContext, administrator?: unknown) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-cli-'))
  test.after(() => rmSync(directory, { recursive: true }))
  if (administrator !== undefined) {
    writeFileSync(
      join(directory, 'administrator.json'),
      typeof administrator === 'string' ? administrator : JSON.stringify(administrator),
    )
  }
  return directory
}

const kept = { adminUrl: 'https://localhost:6750', clientId: 'cli', clientSecret: 'kept', caFile: '/ca.pem' }
const environment = {
  MINTMARK_ADMIN_URL: 'https://admin.example/',
  MINTMARK_ADMIN_CLIENT_ID: 'ops',
  MINTMARK_ADMIN_CLIENT_SECRET: 'set',
}
const misconfigured = (message: RegExp) => (error: CommandFailure) => {
  assert.equal(error.exitCode, 78)
  assert.match(error.message, message)
  assert.doesNotMatch(error.message, /kept|=set/)
  return true
}

test('a server on this machine is found by its data directory without being told', (test) => {
  const directory = dataDirectory(test, kept)
  assert.deepEqual(findConnection({}, { MINTMARK_DATA_DIR: directory }, '/'), kept)
  assert.deepEqual(findConnection({ 'data-dir': directory }, {}, '/'), kept)
})

test('flags go before the environment, and the environment before the data directory', (test) => {
  const directory = dataDirectory(test, kept)
  assert.deepEqual(findConnection({ 'data-dir': directory }, environment, '/'), {
    adminUrl: 'https://admin.example',
    clientId: 'ops',
    clientSecret: 'set',
    caFile: undefined,
  })
  const flags = { 'admin-url': 'http://localhost:1', 'data-dir': directory }
  assert.equal(findConnection(flags, environment, '/').adminUrl, 'http://localhost:1')
  assert.equal(findConnection(flags, {}, '/').clientSecret, 'kept')
})

test('the secret may lie in a file, but not in both', (test) => {
  const directory = dataDirectory(test)
  const file = join(directory, 'secret')
  writeFileSync(file, 'from a file\n')
  const { MINTMARK_ADMIN_CLIENT_SECRET: _, ...rest } = environment
  assert.equal(
    findConnection({}, { ...rest, MINTMARK_ADMIN_CLIENT_SECRET_FILE: file }, '/').clientSecret,
    'from a file',
  )
  assert.throws(
    () => findConnection({}, { ...environment, MINTMARK_ADMIN_CLIENT_SECRET_FILE: file }, '/'),
    misconfigured(/both set/),
  )
  assert.throws(
    () => findConnection({}, { ...rest, MINTMARK_ADMIN_CLIENT_SECRET_FILE: '/nonexistent/x' }, '/'),
    misconfigured(/cannot read .*no such file/),
  )
})

test('what is incomplete or malformed is bad configuration, said in one line', (test) => {
  const empty = dataDirectory(test)
  const { MINTMARK_ADMIN_CLIENT_ID: _, ...half } = environment
  assert.throws(() => findConnection({}, half, '/'), misconfigured(/go together/))
  assert.throws(() => findConnection({ 'data-dir': empty }, {}, '/'), misconfigured(/no administrator credential in/))
  assert.throws(
    () => findConnection({}, { ...environment, MINTMARK_ADMIN_URL: 'localhost:6750' }, '/'),
    misconfigured(/MINTMARK_ADMIN_URL is not an http or https URL/),
  )
  for (const damaged of ['', '{', '[]', '{"adminUrl": 7}', { ...kept, adminUrl: 'ftp://x' }]) {
    assert.throws(
      () => findConnection({ 'data-dir': dataDirectory(test, damaged) }, {}, '/'),
      misconfigured(/administrator\.json/),
    )
  }
})

test('a credential of the environment goes to no other machine that only a data directory names', (test) => {
  const { MINTMARK_ADMIN_URL: _, ...credential } = environment
  const near = dataDirectory(test, kept)
  assert.equal(findConnection({ 'data-dir': near }, credential, '/').adminUrl, kept.adminUrl)
  const far = dataDirectory(test, { ...kept, adminUrl: 'https://elsewhere.example:6750' })
  assert.throws(
    () => findConnection({ 'data-dir': far }, credential, '/'),
    misconfigured(/is not sent to elsewhere\.example:6750/),
  )
  assert.equal(findConnection({ 'data-dir': far }, {}, '/').clientId, 'cli')
  assert.equal(findConnection({ 'data-dir': far }, environment, '/').adminUrl, 'https://admin.example')
})
