import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { CommandFailure } from '../failure.ts'
import { readChanges } from './read-changes.ts'
import { readDocuments } from './read-document.ts'

const sources = (test: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-cli-'))
  test.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'secret'), 'from the file\n')
  return { name: 'mintmark.yaml', environment: { SERVER_SECRET: 'Password1' }, directory }
}

const refused = (read: () => unknown, message: RegExp) =>
  assert.throws(read, (error: CommandFailure) => {
    assert.equal(error.exitCode, 78)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /Password1/)
    return true
  })

test('secrets come from the environment and from files beside the document', (test) => {
  const text = `
workspace: payments
clients:
  server:
    secrets:
      - {env: SERVER_SECRET}
      - {file: secret, expires: 2027-01-01T00:00:00Z}
      - {type: chosen, value: {env: SERVER_SECRET}}
      - {type: imported, hash: {file: secret}}
      - {type: generated}
  job: {}
`
  const [read] = readDocuments(text, sources(test))
  assert.equal(read?.tenant, 'default')
  assert.deepEqual(read?.document.clients, {
    server: {
      secrets: [
        { type: 'chosen', value: 'Password1' },
        { type: 'chosen', value: 'from the file', expires: '2027-01-01T00:00:00Z' },
        { type: 'chosen', value: 'Password1' },
        { type: 'imported', hash: 'from the file' },
        { type: 'generated' },
      ],
    },
    job: {},
  })
})

test('a secret that is written out, missing or named wrongly stops it, and is not printed', (test) => {
  const from = sources(test)
  const document = (secret: string) => () => readDocuments(`workspace: w\nclients: {c: {secrets: [${secret}]}}`, from)
  refused(document('{type: chosen, value: Password1}'), /clients\.c\.secrets\[0\] is a secret written out/)
  refused(document('{value: Password1}'), /written out/)
  refused(document('Password1'), /must be an object/)
  refused(document('{env: NOT_SET}'), /environment variable NOT_SET, which is not set/)
  refused(document('{file: missing}'), /cannot read missing: there is no such file/)
  refused(document('{env: A, file: b}'), /must be \{env: NAME\} or \{file: PATH\}/)
})

test('a file that describes no workspace is refused', (test) => {
  const from = sources(test)
  for (const text of [
    '',
    '[]',
    'a',
    'tenant: acme',
    'workspace: 7',
    'workspace: w\ntenant: {}',
    'workspace: w\nclients: {c: {secrets: x}}',
  ]) {
    refused(() => readDocuments(text, from), /mintmark\.yaml/)
  }
})

test('a file of changes is a list, and its secrets are references too', (test) => {
  const from = sources(test)
  const changes = readChanges(
    '[{action: create, kind: secret, client: c, value: {env: SERVER_SECRET}}, {action: create, kind: client, value: {id: d, secret: {type: generated}}}]',
    from,
  )
  assert.deepEqual(changes, [
    { action: 'create', kind: 'secret', client: 'c', value: { type: 'chosen', value: 'Password1' } },
    { action: 'create', kind: 'client', value: { id: 'd', secret: { type: 'generated' } } },
  ])
  refused(() => readChanges('{action: create}', from), /one list of changes/)
  refused(() => readChanges('[7]', from), /change 1 must be an object/)
})
