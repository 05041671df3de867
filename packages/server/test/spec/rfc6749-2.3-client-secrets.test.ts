import assert from 'node:assert/strict'
import { argon2Sync, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { hashSync } from 'bcryptjs'
import { generateSecret } from '../../src/lib/secret.ts'
import { startAdminServer } from '../admin-fixture.ts'
import { change, create, remove } from '../configure.ts'
import { casesFounding, manyFailures, startTestServer } from '../fixtures.ts'
import { rawPost, sendRaw } from '../raw-request.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const server = await startTestServer({ after }, { settings: manyFailures })
const target = { ...server, workspace: casesFounding.workspace }
const t0 = 'grant_type=client_credentials'
const basic = server.basic('cb')

const post = (body: string | Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  server.post('/oauth2/token', body, headers)
const withPost = (client_id: string, client_secret: string) =>
  post({ grant_type: 'client_credentials', client_id, client_secret })
const rawBasic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
const assertIssued = async (response: Response): Promise<void> => {
  assert.equal(response.status, 200, await response.clone().text())
  assert.ok(((await response.json()) as { access_token?: string }).access_token)
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')
const pbkdf2 = (secret: string): string => {
  const salt = randomBytes(16)
  return `$pbkdf2-sha256$i=1000$${base64(salt)}$${base64(pbkdf2Sync(secret, salt, 1000, 32, 'sha256'))}`
}
const permissions = casesFounding.clients.cb?.permissions
/** A client with secrets of the tester's choice, by PHC strings. */
const createClient = async (id: string, phcs: readonly string[], more: object = {}): Promise<void> => {
  await create(target, 'client', id, { capabilities: ['client_credentials'], permissions, ...more })
  for (const [index, phc] of phcs.entries()) await addSecret(id, `chosen${index}`, { kind: 'phc', phc })
}
const addSecret = (client: string, id: string, hash: object, expires?: number) =>
  create(
    target,
    'credential',
    id,
    { type: 'secret', hash, hint: '', created: server.clock.now(), ...(expires === undefined ? {} : { expires }) },
    client,
  )

describe('RFC 6749 §2.3.1 and §5.2: wrong credentials', () => {
  test('SEC-033: a wrong secret with Basic', async () => {
    const before = await issuedCount(server)
    for (const secret of [
      'wrong',
      server.secrets.cx ?? '',
      `${server.secrets.cb}x`,
      server.secrets.cb?.toLowerCase(),
    ]) {
      const response = await post(t0, server.basic('cb', secret))
      assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm="/)
      const event = await refusalEvent(server, response)
      assert.deepEqual([event.type, event.client, event.check], ['token.refused', 'cb', 'credential-proven'])
      assert.ok(!JSON.stringify(event).includes(secret ?? ''))
      await assertRefused(response, 401, 'invalid_client')
    }
    assert.equal(await issuedCount(server), before)
  })

  test('SEC-034: a wrong secret in the body', async () => {
    await assertRefused(await withPost('cp', 'wrong'), 401, 'invalid_client')
  })

  test('SEC-035: no client authentication', async () => {
    await assertRefused(await post(t0), 401, 'invalid_client')
    await assertRefused(await post(`${t0}&client_id=cb`), 401, 'invalid_client')
    await assertRefused(await post(t0, { authorization: 'Digest username="cb"' }), 401, 'invalid_client')
    await assertRefused(await post(t0, { authorization: 'Bearer x' }), 401, 'invalid_client')
  })

  test('SEC-036: an unknown client and a wrong secret cannot be told apart', async () => {
    const generated = generateSecret({ bytes: (length) => randomBytes(length) }).secret
    for (const secret of ['wrong', generated]) {
      const pairs = [
        [await post(t0, server.basic('cb', secret)), await post(t0, server.basic('nope-123', secret))],
        [await withPost('cp', secret), await withPost('nope-123', secret)],
      ] as const
      for (const pair of pairs) {
        const [known, unknown] = await Promise.all(
          pair.map(async (response) => {
            const headers = Object.fromEntries(response.headers)
            delete headers.date
            delete headers['mintmark-reference']
            return { status: response.status, headers, body: await response.text() }
          }),
        )
        assert.deepEqual(known, unknown)
        assert.equal(known?.status, 401)
      }
    }
  })

  test('SEC-036: a disabled client, a wrong method and a wrong address answer alike as well', async () => {
    await createClient('off', [], { enabled: false })
    await addSecret('off', 'sameSecret', JSON.parse(await credentialHash('cb')) as object)
    await createClient('elsewhere', [], { allowedAddresses: ['192.0.2.1'] })
    await addSecret('elsewhere', 'sameSecret', JSON.parse(await credentialHash('cb')) as object)
    const unknown = await (await post(t0, server.basic('nope-123', server.secrets.cb))).text()
    for (const [client, check] of [
      ['off', 'client-enabled'],
      ['elsewhere', 'address-allowed'],
    ] as const) {
      const response = await post(t0, server.basic(client, server.secrets.cb))
      assert.equal((await refusalEvent(server, response)).check, check)
      assert.equal(await response.clone().text(), unknown)
      await assertRefused(response, 401, 'invalid_client')
    }
  })

  test('SEC-051: an empty secret, or none, is no proof', async () => {
    await createClient('bare', [])
    for (const client of ['cb', 'bare', 'nope-123']) {
      await assertRefused(await post(t0, rawBasic(`${client}:`)), 401, 'invalid_client')
      await assertRefused(await post(`${t0}&client_id=${client}`), 401, 'invalid_client')
      await assertRefused(await post(`${t0}&client_id=${client}&client_secret=`), 401, 'invalid_client')
    }
  })
})

const credentialHash = async (client: string): Promise<string> => {
  const found = await server.store.configuration.readClient(target.workspace, client)
  return JSON.stringify((JSON.parse(found?.credentials[0]?.body ?? '{}') as { hash: object }).hash)
}

describe('RFC 6749 §2.3.1: how credentials are written', () => {
  test('SEC-038: identifier and secret are form-decoded', async () => {
    const [id, secret] = ['an:id+1 %&é', 'p:w+d %&=é"\\']
    await createClient(id, [pbkdf2(secret)])
    await assertIssued(await post(t0, server.basic(id, secret)))
    await assertIssued(await withPost(id, secret))
    await assertRefused(await post(t0, server.basic(id, `${secret} `)), 401, 'invalid_client')
  })

  test('SEC-040: generated secrets look the same encoded and raw, and carry 256 bits', async () => {
    const secrets = Array.from({ length: 200 }, () => generateSecret({ bytes: (length) => randomBytes(length) }).secret)
    for (const secret of secrets) {
      assert.match(secret, /^mmk_cs_[A-Za-z0-9]+$/)
      assert.equal(encodeURIComponent(secret), secret)
      assert.ok(secret.length >= 7 + 43)
    }
    assert.equal(new Set(secrets).size, 200)
    await assertIssued(await post(t0, rawBasic(`cb:${server.secrets.cb}`)))
  })

  test('SEC-041: malformed Basic credentials are an invalid request', async () => {
    for (const authorization of [
      rawBasic('foo%:bar').authorization,
      rawBasic('foo:bar%zz').authorization,
      rawBasic('foo:%ff').authorization,
      rawBasic('no-colon').authorization,
      rawBasic(':secret').authorization,
      'Basic',
      'Basic ',
      'Basic !!!!',
      'Basic Y2I6eA',
      `Basic ${Buffer.from('cb:x').toString('base64')} more`,
      `Basic ${Buffer.from([0x63, 0x62, 0x3a, 0xff]).toString('base64')}`,
    ]) {
      await assertRefused(await post(t0, { authorization }), 400, 'invalid_request')
    }
  })

  test('SEC-043: the scheme is not case-sensitive', async () => {
    for (const scheme of ['bASIC', 'BASIC', 'basic']) {
      await assertIssued(await post(t0, { authorization: (basic.authorization ?? '').replace('Basic', scheme) }))
    }
  })

  test('SEC-055: over-long identifiers and secrets are refused without being hashed', async () => {
    const long = 'x'.repeat(10_240)
    const began = performance.now()
    const refusals = await Promise.all(
      Array.from({ length: 50 }, () => [
        post(t0, server.basic(long, 'x')),
        post(t0, server.basic('cb', 'x'.repeat(600))),
        withPost('cp', long),
        withPost(long, 'x'),
      ]).flat(),
    )
    for (const response of refusals) await assertRefused(response, 401, 'invalid_client')
    // 200 slow hashes, or the time of one for each, would take longer than this.
    assert.ok(performance.now() - began < 10_000)
  })
})

describe('RFC 6749 §2.3: one method', () => {
  test('SEC-045: two methods at once', async () => {
    const secret = server.secrets.cb ?? ''
    for (const body of [
      `${t0}&client_id=cb&client_secret=${secret}`,
      `${t0}&client_secret=${secret}`,
      `${t0}&client_secret=wrong`,
    ]) {
      await assertRefused(await post(body, basic), 400, 'invalid_request')
    }
  })

  test('SEC-045: two Authorization headers, whatever they say', async () => {
    const path = new URL(`${server.issuer}/oauth2/token`).pathname
    const type = 'Content-Type: application/x-www-form-urlencoded'
    const good = `Authorization: ${basic.authorization}`
    for (const other of [
      good,
      `authorization: ${server.basic('cb', 'wrong').authorization}`,
      'Authorization: Bearer x',
    ]) {
      for (const headers of [
        [type, good, other],
        [type, other, good],
      ]) {
        const response = await sendRaw(server.issuer, rawPost(path, headers, t0))
        assert.equal(response.status, 400, other)
        assert.equal((JSON.parse(response.body) as { error: string }).error, 'invalid_request')
      }
    }
  })

  test('SEC-047: client_id beside Basic must be the same', async () => {
    await assertIssued(await post(`${t0}&client_id=cb`, basic))
    for (const other of ['cx', 'CB', 'cb%20', 'nope']) {
      await assertRefused(await post(`${t0}&client_id=${other}`, basic), 400, 'invalid_request')
    }
  })

  test('SEC-048: a method the client is not registered for is refused, with the right secret', async () => {
    const response = await post(t0, server.basic('cp'))
    assert.equal((await refusalEvent(server, response)).check, 'authentication-method-registered')
    await assertRefused(response, 401, 'invalid_client')
    await assertIssued(await withPost('cp', server.secrets.cp ?? ''))
  })

  test('a secret without an identifier is nobody’s', async () => {
    await assertRefused(await post(`${t0}&client_secret=x`), 400, 'invalid_request')
  })
})

describe('several secrets', () => {
  test('SEC-052: two secrets overlap, and each ends when it should', async () => {
    await createClient('rotating', [pbkdf2('S1'), pbkdf2('S2')])
    const grace = server.clock.now() + 60_000
    await change(target, 'credential', 'chosen0', { expires: grace }, 'rotating')
    await assertIssued(await post(t0, server.basic('rotating', 'S1')))
    await assertIssued(await post(t0, server.basic('rotating', 'S2')))
    server.clock.advance(grace - server.clock.now() + 1000)
    await assertRefused(await post(t0, server.basic('rotating', 'S1')), 401, 'invalid_client')
    await assertIssued(await post(t0, server.basic('rotating', 'S2')))
  })

  test('SEC-053: a secret that is dropped is dead for the next request, remembered or not', async () => {
    await createClient('dropping', [pbkdf2('S1'), pbkdf2('S2')])
    await assertIssued(await post(t0, server.basic('dropping', 'S1')))
    await assertIssued(await post(t0, server.basic('dropping', 'S1')))
    await remove(target, 'credential', 'chosen0', 'dropping')
    await assertRefused(await post(t0, server.basic('dropping', 'S1')), 401, 'invalid_client')
    await assertIssued(await post(t0, server.basic('dropping', 'S2')))
  })

  test('a generated and a chosen secret live side by side; the jti tells them apart', async () => {
    await createClient('mixed', [pbkdf2('chosen secret')])
    await addSecret('mixed', 'generated0', JSON.parse(await credentialHash('cb')) as object)
    for (const [secret, credential] of [
      ['chosen secret', 'chosen0'],
      [server.secrets.cb ?? '', 'generated0'],
    ] as const) {
      const response = await post(t0, server.basic('mixed', secret))
      const { access_token } = (await response.json()) as { access_token: string }
      const { jti } = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as {
        jti: string
      }
      assert.ok(jti.startsWith(`${credential}.`))
    }
  })
})

describe('SEC-054: the number of live secrets', () => {
  test('is four at the most, and a rotation beyond it is refused until one is dropped', async (context) => {
    const admin = await startAdminServer(context)
    const secrets = [admin.secrets.cb ?? '']
    for (let count = 1; count <= 10; count += 1) {
      const reply = await admin.call('createSecret', { client: 'cb' }, { input: { type: 'generated' } })
      if (reply.status === 201) secrets.push(reply.body.secret ?? '')
      else assert.equal(reply.status, 409, reply.text)
    }
    assert.equal(secrets.length, 4)
    for (const secret of secrets)
      assert.equal((await admin.post('/oauth2/token', t0, admin.basic('cb', secret))).status, 200)
    const { items } = (await admin.call('listSecrets', { client: 'cb' })).body
    await admin.call('deleteSecret', { client: 'cb', secret: items[0]?.id ?? '' })
    const again = await admin.call('createSecret', { client: 'cb' }, { input: { type: 'generated' } })
    assert.equal(again.status, 201, again.text)
  })
})

describe('chosen and imported secrets', () => {
  test('hashes of other servers are verified: argon2id, PBKDF2, scrypt, bcrypt', async () => {
    const salt = randomBytes(16)
    const argon2 = { message: 'Password1', nonce: salt, memory: 1024, passes: 1, parallelism: 1, tagLength: 32 }
    const hashes = {
      argon2id: `$argon2id$v=19$m=1024,t=1,p=1$${base64(salt)}$${base64(argon2Sync('argon2id', argon2))}`,
      pbkdf2: pbkdf2('Password1'),
      scrypt: `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(scryptSync('Password1', salt, 32, { N: 1024 }))}`,
      bcrypt: hashSync('Password1', 4),
    }
    for (const [name, phc] of Object.entries(hashes)) {
      await createClient(`from-${name}`, [phc])
      await assertIssued(await post(t0, server.basic(`from-${name}`, 'Password1')))
      for (const wrong of ['Password2', 'password1', 'Password1 ', phc]) {
        await assertRefused(await post(t0, server.basic(`from-${name}`, wrong)), 401, 'invalid_client')
      }
    }
  })

  test('a hash nobody can verify lets nobody in', async () => {
    const broken = [
      '',
      '$',
      '$argon2id$',
      '$unknown$x$y',
      '$pbkdf2-sha256$i=1$AAAA$',
      '$scrypt$ln=99$AAAA$AAAA',
      '$2b$04$x',
    ]
    for (const [index, phc] of broken.entries()) {
      await createClient(`broken${index}`, [phc])
      for (const guess of ['Password1', '', phc]) {
        await assertRefused(await post(t0, server.basic(`broken${index}`, guess)), 401, 'invalid_client')
      }
    }
  })

  test('SEC-059: a flood of wrong guesses at a chosen secret is bounded, and others are served meanwhile', async () => {
    const salt = randomBytes(16)
    const strong = argon2Sync('argon2id', {
      message: 'Password1',
      nonce: salt,
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    })
    await createClient('chosen', [`$argon2id$v=19$m=19456,t=2,p=1$${base64(salt)}$${base64(strong)}`])
    await assertIssued(await post(t0, server.basic('chosen', 'Password1')))
    const flood = Promise.all(
      Array.from({ length: 120 }, (_, index) => post(t0, server.basic('chosen', `guess${index}`))),
    )
    let over = false
    const ended = flood.then(() => {
      over = true
    })
    for (let index = 0; index < 20; index += 1) {
      await assertIssued(await post(t0, index % 2 === 0 ? basic : server.basic('chosen', 'Password1')))
    }
    assert.ok(!over, 'twenty requests did not wait for as many slow hashes as are allowed to wait')
    await ended
    const statuses = new Map<number, number>()
    for (const response of await flood) {
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      await assertRefused(response, [401, 503], ['invalid_client', 'temporarily_unavailable'])
      if (response.status === 503) assert.ok(response.headers.get('retry-after'))
    }
    assert.ok((statuses.get(503) ?? 0) > 0 && (statuses.get(401) ?? 0) > 0, JSON.stringify([...statuses]))
  })
})

describe('SEC-194: addresses a client may call from', () => {
  test('the address is that of the socket, whatever headers claim', async () => {
    await createClient('local', [], { allowedAddresses: ['127.0.0.5/32'] })
    await addSecret('local', 'generated1', JSON.parse(await credentialHash('cb')) as object)
    const path = new URL(`${server.issuer}/oauth2/token`).pathname
    const headers = [
      `Authorization: ${server.basic('local', server.secrets.cb).authorization}`,
      'Content-Type: application/x-www-form-urlencoded',
    ]
    const from = (address: string, more: readonly string[] = []) =>
      sendRaw(server.issuer, rawPost(path, [...headers, ...more], t0), address)
    assert.equal((await from('127.0.0.5')).status, 200)
    const bodies = new Set<string>()
    for (const forged of [[], ['X-Forwarded-For: 127.0.0.5'], ['Forwarded: for=127.0.0.5'], ['X-Real-IP: 127.0.0.5']]) {
      const refused = await from('127.0.0.6', forged)
      assert.equal(refused.status, 401)
      bodies.add(refused.body)
    }
    const wrong = await sendRaw(
      server.issuer,
      rawPost(path, [`Authorization: ${server.basic('local', 'x').authorization}`, headers[1] ?? ''], t0),
      '127.0.0.5',
    )
    assert.deepEqual(bodies, new Set([wrong.body]))
  })
})
