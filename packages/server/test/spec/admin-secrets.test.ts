import assert from 'node:assert/strict'
import { argon2Sync, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import type { SecretInput } from '@mintmark/protocol/admin'
import { hashSync } from 'bcryptjs'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call } = server

const grant = { grant_type: 'client_credentials' }
const settings = {
  capabilities: ['client_credentials'],
  permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }],
}
const status = async (client: string, secret: string): Promise<number> =>
  (await server.post('/oauth2/token', grant, server.basic(client, secret))).status

const make = async (id: string, secret?: SecretInput) => {
  const reply = await call(
    'createClient',
    {},
    { input: { id, ...settings, ...(secret === undefined ? {} : { secret }) } },
  )
  assert.equal(reply.status, 201, reply.text)
  return reply.body
}
const add = async (client: string, input: SecretInput = { type: 'generated' }) => {
  const reply = await call('createSecret', { client }, { input })
  assert.equal(reply.status, 201, reply.text)
  return reply.body
}

test('SEC-040: 200 generated credentials need no encoding, and work encoded and raw', async () => {
  const ids = new Set<string>()
  const secrets = new Set<string>()
  for (let count = 0; count < 200; count += 1) {
    const reply = await call('createClient', {}, { input: { ...settings, secret: { type: 'generated' } } })
    const { id, secret } = reply.body
    assert.match(id, /^[A-Za-z0-9._~-]+$/)
    assert.match(secret?.secret ?? '', /^[A-Za-z0-9._~-]+$/)
    ids.add(id)
    secrets.add(secret?.secret ?? '')
    assert.equal(await status(id, secret?.secret ?? ''), 200)
    if (count % 20 > 0) continue
    const raw = Buffer.from(`${id}:${secret?.secret}`).toString('base64')
    assert.equal((await server.post('/oauth2/token', grant, { authorization: `Basic ${raw}` })).status, 200)
  }
  assert.equal(ids.size, 200)
  assert.equal(secrets.size, 200)
  // Base62 of 32 bytes: 43 characters, behind a prefix and before a checksum.
  for (const secret of secrets) assert.ok(secret.length >= 7 + 43 + 6, secret)
})

test('SEC-038: an id and a secret full of odd characters are kept, found in a path, and proven', async () => {
  const id = 'an:id+1 %&é'
  const value = 'p:w+d %&=é"\\'
  await make(id, { type: 'chosen', value })
  assert.equal((await call('showClient', { client: id })).body.id, id)
  assert.equal(await status(id, value), 200)
  const raw = Buffer.from(`${id}:${value}`).toString('base64')
  assert.notEqual((await server.post('/oauth2/token', grant, { authorization: `Basic ${raw}` })).status, 500)
  const posted = await server.post('/oauth2/token', { ...grant, client_id: id, client_secret: value })
  assert.equal(posted.status, 200)
  for (const odd of ['a/b', 'a?b', '😀', 'a%2Fb', "a'b", '*', '~']) {
    await make(odd)
    assert.equal((await call('showClient', { client: odd })).body.id, odd)
    assert.equal((await call('deleteClient', { client: odd })).status, 200)
  }
})

test('SEC-207: a secret is in the answer that makes it and nowhere else, and a hash nowhere at all', async () => {
  const made = await make('quiet', { type: 'generated' })
  const chosen = 'Chosen-Secret-9'
  const second = await add('quiet', { type: 'chosen', value: chosen })
  assert.equal(second.secret, undefined)
  const rotated = await call('rotateSecret', { client: 'quiet' }, { input: { overlap: 60 } })
  const shown = [made.secret?.secret ?? '', rotated.body.secret.secret ?? '']
  const answers = [
    await call('showClient', { client: 'quiet' }),
    await call('listClients', {}, { query: { search: 'quiet' } }),
    await call('updateClient', { client: 'quiet' }, { input: { displayName: 'Quiet' } }),
    await call('listSecrets', { client: 'quiet' }),
    await call('exportDocument'),
    await call('listRevisions'),
    await call('compareRevisions', {}, { query: { from: 1 } }),
    await call('listAuditEvents', {}, { query: { limit: 500 } }),
    await call('deleteSecret', { client: 'quiet', secret: second.id }),
  ]
  for (const { status: answered, text } of answers) {
    assert.equal(answered, 200, text)
    for (const secret of [...shown, chosen]) assert.ok(!text.includes(secret))
    assert.doesNotMatch(text, /"hash"|"digest"|"phc"|argon2id\$/)
  }
  const { body: revision } = await call('listRevisions', {}, { query: { limit: 1 } })
  const one = await call('showRevision', { revision: String(revision.items[0]?.revision) })
  assert.doesNotMatch(one.text, /"hash"|"digest"|"phc"|argon2id\$/)
  for (const { path } of [{ path: 'not-a-secret' }]) {
    const refused = await call('createSecret', { client: path }, { input: { type: 'chosen', value: chosen } })
    assert.ok(!refused.text.includes(chosen))
  }
})

test('SEC-052: a rotation lets both secrets live until the overlap ends, and not a second longer', async () => {
  const { secret: first } = await make('rotated', { type: 'generated' })
  const reply = await call('rotateSecret', { client: 'rotated' }, { input: { overlap: 60 } })
  assert.equal(reply.status, 200, reply.text)
  const [one, two] = [first?.secret ?? '', reply.body.secret.secret ?? '']
  assert.deepEqual(
    reply.body.ending.map(({ id }) => id),
    [first?.id],
  )
  assert.equal(Date.parse(reply.body.ending[0]?.expires ?? ''), Date.parse(reply.body.secret.created) + 60_000)
  assert.deepEqual([await status('rotated', one), await status('rotated', two)], [200, 200])
  server.clock.advance(61_000)
  assert.deepEqual([await status('rotated', one), await status('rotated', two)], [401, 200])
  const { items } = (await call('listSecrets', { client: 'rotated' })).body
  assert.deepEqual(items.map(({ live }) => live).sort(), [false, true])
})

test('a rotation never moves an end that is sooner, and leaves no client without a secret', async () => {
  const { secret } = await make('sooner', { type: 'generated' })
  await call('rotateSecret', { client: 'sooner' }, { input: { overlap: 10 } })
  const again = await call('rotateSecret', { client: 'sooner' }, { input: { overlap: 3600 } })
  assert.ok(!again.body.ending.some(({ id }) => id === secret?.id))
  const now = await call('rotateSecret', { client: 'sooner' }, { input: { overlap: 0 } })
  const { items } = (await call('listSecrets', { client: 'sooner' })).body
  assert.deepEqual(
    items.filter(({ live }) => live).map(({ id }) => id),
    [now.body.secret.id],
  )
  assert.equal((await call('rotateSecret', { client: 'nobody' }, { input: {} })).status, 404)
})

test('SEC-053: a deleted secret is refused on the very next request, and its tokens are dead', async () => {
  const { secret } = await make('leaked', { type: 'generated' })
  const kept = await add('leaked')
  const token = await (async () => {
    const response = await server.post('/oauth2/token', grant, server.basic('leaked', secret?.secret))
    return ((await response.json()) as { access_token: string }).access_token
  })()
  const deleted = await call('deleteSecret', { client: 'leaked', secret: secret?.id ?? '' })
  assert.equal(deleted.status, 200)
  assert.equal(await status('leaked', secret?.secret ?? ''), 401)
  assert.equal(await status('leaked', kept.secret ?? ''), 200)
  assert.equal((await call('inspectToken', {}, { input: { token } })).body.reason, 'credential-known')
  const gone = await call('deleteSecret', { client: 'leaked', secret: secret?.id ?? '' })
  assert.equal(gone.status, 404)
})

test('SEC-054: at most four secrets are live, however often a client is rotated', async () => {
  const { secret } = await make('many', { type: 'generated' })
  const all = [secret?.secret ?? '']
  const answers: number[] = []
  for (let count = 0; count < 10; count += 1) {
    const reply = await call('rotateSecret', { client: 'many' }, { input: { overlap: 86_400 } })
    answers.push(reply.status)
    if (reply.status === 200) all.push(reply.body.secret.secret ?? '')
  }
  assert.deepEqual(answers, [200, 200, 200, 409, 409, 409, 409, 409, 409, 409])
  const proven = await Promise.all(all.map((one) => status('many', one)))
  assert.deepEqual(proven, [200, 200, 200, 200])
  const refused = await call('createSecret', { client: 'many' }, { input: { type: 'generated' } })
  assert.equal(refused.status, 409)
  assert.match(refused.text, /5 live secrets, and 4 are the most: delete one first/)
})

test('SEC-054: ended secrets do not pile up', async () => {
  await make('rotating', { type: 'generated' })
  for (let count = 0; count < 40; count += 1) {
    await call('rotateSecret', { client: 'rotating' }, { input: { overlap: 0 } })
    server.clock.advance(1000)
  }
  const few = (await call('listSecrets', { client: 'rotating' })).body.items.length
  assert.ok(few <= 18, String(few))
  // As long as it takes until to retire one cannot be undone.
  server.clock.advance(8 * 86_400_000)
  await call('rotateSecret', { client: 'rotating' }, { input: { overlap: 0 } })
  assert.equal((await call('listSecrets', { client: 'rotating' })).body.items.length, 2)
})

describe('hashes of other servers are imported, and the first token takes the secret as it was', () => {
  const secret = 'moved here, unchanged: é'
  const salt = randomBytes(16)
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')
  const argon2 = argon2Sync('argon2id', {
    message: secret,
    nonce: salt,
    memory: 8192,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  })
  const scrypted = scryptSync(secret, salt, 32, { N: 2 ** 14, r: 8, p: 1, maxmem: 64 * 1024 * 1024 })
  const passlib = (bytes: Uint8Array): string => text(bytes).replaceAll('+', '.')
  const hashes: readonly [string, string][] = [
    ['bcrypt', hashSync(secret, 4)],
    ['bcrypt-2y', hashSync(secret, 4).replace('$2b$', '$2y$')],
    ['argon2id', `$argon2id$v=19$m=8192,t=2,p=1$${text(salt)}$${text(argon2)}`],
    ['scrypt', `$scrypt$ln=14,r=8,p=1$${text(salt)}$${text(scrypted)}`],
    ['pbkdf2', `$pbkdf2$i=1000$${text(salt)}$${text(pbkdf2Sync(secret, salt, 1000, 20, 'sha1'))}`],
    ['pbkdf2-sha256', `$pbkdf2-sha256$i=1000$${text(salt)}$${text(pbkdf2Sync(secret, salt, 1000, 32, 'sha256'))}`],
    ['passlib', `$pbkdf2-sha512$1000$${passlib(salt)}$${passlib(pbkdf2Sync(secret, salt, 1000, 64, 'sha512'))}`],
  ]
  for (const [name, hash] of hashes) {
    test(name, async () => {
      const made = await make(`from-${name}`, { type: 'imported', hash })
      assert.equal(made.secret?.kind, 'chosen')
      assert.equal(made.secret?.secret, undefined)
      assert.equal(await status(`from-${name}`, secret), 200)
      assert.equal(await status(`from-${name}`, secret), 200)
      assert.equal(await status(`from-${name}`, `${secret}x`), 401)
    })
  }

  const bad: readonly [string, string][] = [
    ['nothing of the kind', 'just some text, no hash'],
    ['plain MD5', '$1$abcdefgh$abcdefghijklmnopqrstuv'],
    ['bcrypt that costs minutes', `$2b$31$${'a'.repeat(53)}`],
    ['argon2id over all memory', `$argon2id$v=19$m=4194304,t=2,p=1$${text(salt)}$${text(argon2)}`],
    ['argon2id of an old version', `$argon2id$v=16$m=8192,t=2,p=1$${text(salt)}$${text(argon2)}`],
    ['argon2i', `$argon2i$v=19$m=8192,t=2,p=1$${text(salt)}$${text(argon2)}`],
    ['scrypt over all memory', `$scrypt$ln=30,r=8,p=1$${text(salt)}$${text(scrypted)}`],
    ['scrypt without parameters', `$scrypt$r=8,p=1$${text(salt)}$${text(scrypted)}`],
    ['pbkdf2 of a billion rounds', `$pbkdf2-sha256$i=1000000000$${text(salt)}$${text(argon2)}`],
    ['argon2id that takes seconds', `$argon2id$v=19$m=262144,t=20,p=1$${text(salt)}$${text(argon2)}`],
    ['scrypt that takes seconds', `$scrypt$ln=16,r=16,p=16$${text(salt)}$${text(scrypted)}`],
    ['a hash of many blocks', `$pbkdf2$i=3000000$${text(salt)}$${'a'.repeat(160)}`],
    ['a hash cut short', `$pbkdf2-sha256$i=1000$${text(salt)}$abcd`],
  ]
  for (const [name, hash] of bad) {
    test(`${name} is refused`, async () => {
      const reply = await call('createClient', {}, { input: { secret: { type: 'imported', hash } } })
      assert.equal(reply.status, 400, reply.text)
      assert.ok(!reply.text.includes(hash))
    })
  }
})

test('a chosen secret proves its client, and one that looks generated must be', async () => {
  await make('iam', { type: 'chosen', value: 'Password1' })
  assert.equal(await status('iam', 'Password1'), 200)
  assert.equal(await status('iam', 'Password2'), 401)
  const moved = (await make('origin', { type: 'generated' })).secret?.secret ?? ''
  await make('target', { type: 'chosen', value: moved })
  assert.equal(await status('target', moved), 200)
  const fake = await call('createSecret', { client: 'iam' }, { input: { type: 'chosen', value: 'mmk_cs_Password1' } })
  assert.equal(fake.status, 400, fake.text)
  for (const value of ['short', 'x'.repeat(513), '']) {
    const reply = await call('createSecret', { client: 'iam' }, { input: { type: 'chosen', value } })
    assert.equal(reply.status, 400)
    if (value !== '') assert.ok(!reply.text.includes(value))
  }
})

test('a secret may be given its end', async () => {
  const expires = new Date(server.clock.now() + 30_000).toISOString()
  const { secret } = await make('ending', { type: 'generated', expires })
  assert.equal(secret?.expires, expires)
  assert.equal(await status('ending', secret?.secret ?? ''), 200)
  server.clock.advance(31_000)
  assert.equal(await status('ending', secret?.secret ?? ''), 401)
  const past = await call(
    'createSecret',
    { client: 'ending' },
    { input: { type: 'generated', expires: '2020-01-01T00:00:00Z' } },
  )
  assert.equal(past.status, 400, past.text)
  const wrong = await call(
    'createSecret',
    { client: 'ending' },
    { input: { type: 'generated', expires: '2020-13-45T00:00:00Z' } },
  )
  assert.equal(wrong.status, 400, wrong.text)
})

test('when and from where a secret was used last is shown, written after the fact', async () => {
  const { secret } = await make('used', { type: 'generated' })
  const before = (await call('listSecrets', { client: 'used' })).body.items[0]
  assert.equal(before?.lastUsed, undefined)
  await server.post('/oauth2/token', grant, { authorization: writeBasic('used', secret?.secret ?? '') })
  assert.equal(await server.background.runNow('credential-use'), true)
  const used = (await call('listSecrets', { client: 'used' })).body.items[0]
  assert.equal(used?.lastUsed?.address, '127.0.0.1')
  assert.ok(Math.abs(Date.parse(used?.lastUsed?.time ?? '') - server.clock.now()) < 60_000)
})
