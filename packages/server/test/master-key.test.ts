import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { SettingName } from '../src/config/schema.ts'
import { openKey } from '../src/keys/key-material.ts'
import { acceptMasterKey, MasterKeyError, parseMasterKey } from '../src/keys/master-key.ts'
import { createSystemRandom } from '../src/lib/random.ts'
import { openStore } from '../src/store/stores.ts'
import { startTestServer } from './fixtures.ts'
import { embeddedOnly, testStore } from './postgres/test-store.ts'

const newKey = (): string => randomBytes(32).toString('base64')
const opaque = { resource: 'https://api-b.test', scope: 'b:read' }
const random = createSystemRandom()

const directoryFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-master-key-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MasterKeyError, String(error))
  assert.match(error.message, pattern)
  assert.doesNotMatch(error.message, /\n/)
  return true
}

/** Starts a server on the directory, gets a token of each format, and stops it. */
const useOnce = async (
  context: TestContext,
  dataDirectory: string,
  settings: Partial<Record<SettingName, string>>,
): Promise<{ token: string; keySet: JSONWebKeySet }> => {
  const server = await startTestServer(context, { dataDirectory, settings })
  try {
    // The secrets of the workspace are known to the first start only: later ones are told them by it.
    const file = join(dataDirectory, 'secrets.json')
    if (server.secrets.cb !== undefined) writeFileSync(file, JSON.stringify(server.secrets))
    const secrets = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    const get = async (client: string, form: object): Promise<string> => {
      const body = { grant_type: 'client_credentials', ...form }
      const response = await server.post('/oauth2/token', body, server.basic(client, secrets[client]))
      assert.equal(response.status, 200)
      return ((await response.json()) as { access_token: string }).access_token
    }
    const token = await get('cb', {})
    await get('cx', opaque)
    const keySet = (await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json()) as JSONWebKeySet
    return { token, keySet }
  } finally {
    await server.close()
  }
}

/** The store of the server that ran on the directory. */
const open = async (directory: string) =>
  openStore((await testStore(directory)).store ?? 'sqlite:mintmark.sqlite', directory)

test('SEC-231: a wrong, a malformed and a lost master key refuse the start in one line, and nothing is changed', async (context) => {
  const directory = directoryFor(context)
  await useOnce(context, directory, {})
  const start = (masterKey: string) => startTestServer(context, { dataDirectory: directory, settings: { masterKey } })
  await assert.rejects(start(newKey()), refused(/not the one this store was sealed under/))
  await assert.rejects(start('short'), refused(/MINTMARK_MASTER_KEY: the master key must be 32 bytes/))
  const file = join(directory, 'master-key')
  const content = readFileSync(file)
  rmSync(file)
  rmSync(join(directory, 'administrator.json'))
  await assert.rejects(useOnce(context, directory, {}), refused(/master-key is gone: restore it/))
  assert.ok(!readdirSync(directory).includes('master-key'))
  writeFileSync(file, content)
  await useOnce(context, directory, {})
})

test('SEC-231: after a change of the master key every key is usable, and the old one can be dropped', async (context) => {
  const directory = directoryFor(context)
  const [first, second] = [newKey(), newKey()]
  const before = await useOnce(context, directory, { masterKey: first })
  await assert.rejects(
    useOnce(context, directory, { masterKey: second, previousMasterKey: newKey() }),
    refused(/neither the master key nor the previous one/),
  )
  const during = await useOnce(context, directory, { masterKey: second, previousMasterKey: first })
  assert.deepEqual(during.keySet, before.keySet)
  await jwtVerify(before.token, createLocalJWKSet(during.keySet))
  const after = await useOnce(context, directory, { masterKey: second })
  await jwtVerify(after.token, createLocalJWKSet(before.keySet))
  await useOnce(context, directory, { masterKey: second, previousMasterKey: first })
  await assert.rejects(useOnce(context, directory, { masterKey: first }), refused(/not the one/))

  const store = await open(directory)
  const records = await store.keys.listAllKeys()
  assert.ok(records.length > 0)
  for (const record of records) {
    assert.notEqual(openKey(record, parseMasterKey(second, 'test')), undefined)
    assert.equal(openKey(record, parseMasterKey(first, 'test')), undefined)
  }
  await store.close()
})

test('SEC-231: a crash in the middle of a change of the master key is mended by starting again', async (context) => {
  const directory = directoryFor(context)
  const [first, second] = [newKey(), newKey()]
  const before = await useOnce(context, directory, { masterKey: first })
  const store = await open(directory)
  const died = new Error('died')
  const settings = { ...store.settings, write: () => Promise.reject(died) }
  const keys = { key: parseMasterKey(second, 'test'), previous: parseMasterKey(first, 'test') }
  try {
    await assert.rejects(acceptMasterKey({ settings, keys: store.keys }, keys, random), died)
  } finally {
    await store.close()
  }
  await assert.rejects(useOnce(context, directory, { masterKey: second }), refused(/MINTMARK_MASTER_KEY_PREVIOUS/))
  const after = await useOnce(context, directory, { masterKey: second, previousMasterKey: first })
  assert.deepEqual(after.keySet, before.keySet)
  await useOnce(context, directory, { masterKey: second })
})

test('SEC-225: no file of the data directory holds a private key in clear', { skip: embeddedOnly }, async (context) => {
  const directory = directoryFor(context)
  const masterKey = newKey()
  await useOnce(context, directory, { masterKey })
  const server = await startTestServer(context, { dataDirectory: directory, settings: { masterKey } })
  const records = await server.store.keys.listAllKeys()
  assert.deepEqual(new Set(records.map(({ use }) => use)), new Set(['sig', 'seal']))
  const files = readdirSync(directory).filter((name) => name !== 'secrets.json')
  assert.ok(files.some((name) => name.endsWith('-wal')))
  for (const record of records) {
    const plain = Buffer.from(openKey(record, parseMasterKey(masterKey, 'test')) ?? assert.fail())
    // The private scalar of a PKCS #8 P-256 key follows its fixed head; a sealing key is all secret.
    const secret = record.use === 'sig' ? plain.subarray(36, 68) : plain
    for (const name of files) {
      const content = readFileSync(join(directory, name))
      for (const form of [
        secret,
        ...(['base64', 'base64url', 'hex'] as const).map((as) => Buffer.from(secret.toString(as).replace(/=+$/, ''))),
      ]) {
        assert.equal(content.includes(form), false, `${name} holds a key`)
      }
      assert.equal(content.includes('PRIVATE KEY'), false, name)
    }
  }
  await server.close()
})
