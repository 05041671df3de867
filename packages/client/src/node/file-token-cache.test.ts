import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { type CannedAnswer, cannedServer } from '../../test/local-server.ts'
import { sharedTokenCache } from '../cache/shared-token-cache.ts'
import { type ClientCredential, clientSecretPost } from '../credential.ts'
import { TokenError } from '../errors.ts'
import type { TokenEvent } from '../token-event.ts'
import { type TokenSourceOptions, tokenSource } from '../token-source.ts'
import { fileTokenCache, fileTokenStore } from './file-token-cache.ts'

const secret = 'mmk_cs_s3cretValue'
const answer = (count: number, more: Record<string, unknown> = {}): CannedAnswer => ({
  body: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 3_600, ...more },
})

async function setUp(
  context: TestContext,
  answers: (count: number) => CannedAnswer | Promise<CannedAnswer> = (count) => answer(count),
) {
  const parent = mkdtempSync(join(tmpdir(), 'mintmark-cache-'))
  context.after(() => rmSync(parent, { recursive: true }))
  const directory = join(parent, 'tokens')
  const server = await cannedServer(context, (_, count) => answers(count))
  const tokenEndpoint = `${server.url}/token`
  const events: TokenEvent[] = []
  /** A source as another process would have it: nothing in memory yet. */
  const source = (options: Partial<TokenSourceOptions> = {}) =>
    tokenSource({
      tokenEndpoint,
      clientId: 'weather-website',
      credential: secret,
      scope: 'weather:read',
      cache: fileTokenCache({ directory }),
      onEvent: (event) => events.push(event),
      ...options,
    })
  const start = () => startProcess(context, [tokenEndpoint, directory, secret])
  const file = (kind: string) => {
    const name = readdirSync(directory).find((one) => one.endsWith(`.${kind}`))
    assert.ok(name !== undefined, `there is no ${kind}`)
    return join(directory, name)
  }
  return { ...server, directory, tokenEndpoint, source, start, file, events }
}

interface TokenUser {
  readonly child: ChildProcess
  /** The next line it prints. */
  next(): Promise<string>
  /** Has it do something, and gives what it prints then. */
  ask(line: 'token' | 'renew'): Promise<string>
}

function startProcess(context: TestContext, options: readonly string[]): TokenUser {
  const script = join(import.meta.dirname, '../../test/token-user-process.ts')
  const child = spawn(process.execPath, ['--conditions=mintmark-source', script, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  context.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => String((await lines.next()).value)
  return {
    child,
    next,
    ask: (line) => {
      child.stdin.write(`${line}\n`)
      return next()
    },
  }
}

const fails = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code

test('twenty processes at a cold start make one token request', async (context) => {
  const { start, requests, directory } = await setUp(context)
  const users = Array.from({ length: 20 }, start)
  assert.deepEqual(new Set(await Promise.all(users.map((user) => user.next()))), new Set(['token-1']))
  assert.equal(requests.length, 1)
  assert.equal(readdirSync(directory).length, 1)
})

test('a token that an API refused one process is renewed for all, by one request', async (context) => {
  const { start, requests } = await setUp(context)
  const users = [start(), start(), start()]
  await Promise.all(users.map((user) => user.next()))
  const renewed = await Promise.all(users.map((user) => user.ask('renew')))
  assert.deepEqual(renewed, ['token-2', 'token-2', 'token-2'])
  // The next refusal comes too soon, for those as well that only heard of the renewal.
  assert.deepEqual(await Promise.all(users.map((user) => user.ask('renew'))), renewed)
  assert.equal(requests.length, 2)
})

test('a process that is killed while it asks for a token does not keep the others from one', async (context) => {
  const asked = Promise.withResolvers<void>()
  const never = Promise.withResolvers<CannedAnswer>()
  const { start, requests, file } = await setUp(context, (count) => {
    if (count > 1) return answer(count)
    asked.resolve()
    return never.promise
  })
  const killed = start()
  await asked.promise
  assert.equal(lstatSync(file('lock')).mode & 0o777, 0o600)
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  const others = [start(), start(), start()]
  assert.deepEqual(await Promise.all(others.map((user) => user.next())), ['token-2', 'token-2', 'token-2'])
  assert.equal(requests.length, 2)
})

test('while another process holds the lock for too long, the token is asked for all the same', async (context) => {
  const { source, directory, requests, file } = await setUp(context)
  await source().token()
  const lock = file('token').replace(/token$/, 'lock')
  const [token] = readdirSync(directory)
  rmSync(join(directory, String(token)))
  writeFileSync(lock, JSON.stringify({ pid: process.pid, place: 'elsewhere' }), { mode: 0o600 })
  assert.equal((await source({ deadline: 1_000 }).token()).value, 'token-2')
  assert.equal(requests.length, 2)
  assert.deepEqual(readFileSync(lock, 'utf8'), JSON.stringify({ pid: process.pid, place: 'elsewhere' }))
})

test('files are for their owner alone, and neither token nor secret is in them', async (context) => {
  const { source, directory, file } = await setUp(context)
  await source().token()
  assert.equal(lstatSync(directory).mode & 0o777, 0o700)
  assert.equal(lstatSync(file('token')).mode & 0o777, 0o600)
  const content = readFileSync(file('token')).toString('latin1')
  for (const word of ['token-1', secret, 'weather', 'Bearer']) assert.ok(!content.includes(word), word)
  assert.match(file('token'), /\/[0-9a-f]{64}\.token$/)
})

test('a directory that is a link, open to others or a file is refused, and nothing is asked or written', async (context) => {
  const { source, directory, requests } = await setUp(context)
  const refused = async () => {
    await assert.rejects(source().token(), fails('cache_unsafe'))
    assert.equal(requests.length, 0)
  }
  for (const mode of [0o750, 0o705, 0o777, 0o1777]) {
    mkdirSync(directory)
    chmodSync(directory, mode)
    await refused()
    assert.deepEqual(readdirSync(directory), [])
    rmSync(directory, { recursive: true })
  }
  mkdirSync(`${directory}-elsewhere`, { mode: 0o700 })
  symlinkSync(`${directory}-elsewhere`, directory)
  await refused()
  assert.deepEqual(readdirSync(`${directory}-elsewhere`), [])
})

test('a directory of another user is refused', { skip: process.getuid?.() !== 0 }, async (context) => {
  const { source, directory, requests } = await setUp(context)
  const { chownSync } = await import('node:fs')
  mkdirSync(directory, { mode: 0o700 })
  chownSync(directory, 65_534, 65_534)
  await assert.rejects(source().token(), fails('cache_unsafe'))
  assert.equal(requests.length, 0)
})

test('a file that is damaged, foreign, open to others, a link or sealed by another secret counts as absent', async (context) => {
  const { source, file, events } = await setUp(context)
  await source().token()
  const path = file('token')
  const good = readFileSync(path)
  const bit = Buffer.from(good)
  bit[good.length - 1] = (good.at(-1) ?? 0) ^ 1
  const damage: (() => void)[] = [
    () => writeFileSync(path, ''),
    () => writeFileSync(path, good.subarray(0, 20)),
    () => writeFileSync(path, good.subarray(0, -1)),
    () => writeFileSync(path, bit),
    () => writeFileSync(path, 'x'.repeat(5_000_000)),
    () => chmodSync(path, 0o640),
    () => {
      renameSync(path, `${path}-moved`)
      symlinkSync(`${path}-moved`, path)
    },
    () => {
      rmSync(path)
      mkdirSync(path)
    },
  ]
  let count = 1
  for (const harm of damage) {
    harm()
    count += 1
    assert.equal((await source().token()).value, `token-${count}`)
    rmSync(path, { recursive: true })
    writeFileSync(path, good, { mode: 0o600 })
  }
  assert.equal((await source().token()).value, 'token-1')
  assert.equal((await source({ credential: 'another' }).token()).value, `token-${count + 1}`)
  assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(['fetched', 'cache-failed']))
})

test('what is sealed for one client, scope or server opens for no other', async (context) => {
  const { source, directory } = await setUp(context)
  await source().token()
  const [first = ''] = readdirSync(directory)
  for (const other of [
    { scope: 'weather:write' },
    { resource: 'https://weather.example' },
    { clientId: 'other' },
    { parameters: { audience: 'x' } },
  ] satisfies Partial<TokenSourceOptions>[]) {
    const { value } = await source(other).token()
    assert.notEqual(value, 'token-1')
    const name = readdirSync(directory).find((one) => one !== first) ?? ''
    // Its file under our name.
    renameSync(join(directory, name), join(directory, first))
    assert.notEqual((await source().token()).value, value)
  }
})

test('two credentials open what either has sealed', async (context) => {
  const { source, requests } = await setUp(context)
  await source({ credential: 'older' }).token()
  assert.equal((await source({ credential: ['newer', 'older'] }).token()).value, 'token-1')
  assert.equal((await source({ credential: [clientSecretPost('older'), 'newer'] }).token()).value, 'token-1')
  assert.equal(requests.length, 1)
})

test('an older credential that is no longer there keeps nobody from a token', async (context) => {
  const { source, requests } = await setUp(context)
  await source({ credential: 'first' }).token()
  const gone = () => Promise.reject(new Error('no such version'))
  assert.equal((await source({ credential: ['second', gone] }).token()).value, 'token-2')
  assert.equal((await source({ credential: ['second', gone] }).token()).value, 'token-2')
  assert.equal(requests.length, 2)
})

test('a token too old by either clock is not taken from the file, nor one from the future', async (context) => {
  const { source, requests } = await setUp(context)
  await source().token()
  const at = (offset: number) => source({ currentTime: () => Date.now() + offset }).token()
  assert.equal((await at(3_500_000)).value, 'token-1')
  assert.equal((await at(3_595_000)).value, 'token-2')
  // That one was written by a clock an hour ahead, which has been set right since.
  assert.equal((await at(0)).value, 'token-3')
  assert.equal((await at(0)).value, 'token-3')
  assert.equal(requests.length, 3)
})

test('the uptime of the machine tells the age of a file when the clock has been set back', async (context) => {
  const { source, file } = await setUp(context, (count) => answer(count, { expires_in: 60 }))
  await source().token()
  const bytes = readFileSync(file('token'))
  bytes.writeDoubleBE(bytes.readDoubleBE(6) - 100, 6)
  writeFileSync(file('token'), bytes)
  assert.equal((await source().token()).value, 'token-2')
  const after = readFileSync(file('token'))
  // After a restart the machine has been up for less.
  after.writeDoubleBE(after.readDoubleBE(6) + 1e6, 6)
  writeFileSync(file('token'), after)
  assert.equal((await source().token()).value, 'token-2')
})

test('a cache that cannot be written costs a token request, not the token', async (context) => {
  const { source, requests, events, directory } = await setUp(context)
  const broken = { ...fileTokenStore({ directory }), write: () => Promise.reject(new Error('disk full')) }
  assert.equal((await source({ cache: sharedTokenCache(broken) }).token()).value, 'token-1')
  const all = () => Promise.reject(new Error('no disk'))
  const gone = { read: all, write: all, exclusively: all }
  assert.equal((await source({ cache: sharedTokenCache(gone) }).token()).value, 'token-2')
  assert.equal(requests.length, 2)
  assert.equal(events.filter(({ type }) => type === 'cache-failed').length, 3)
})

test('what the server refuses is the error, not what the cache makes of it', async (context) => {
  const { source, requests, directory } = await setUp(context, () => ({
    status: 401,
    body: { error: 'invalid_client' },
  }))
  await assert.rejects(source().token(), fails('refused'))
  assert.equal(requests.length, 1)
  assert.deepEqual(readdirSync(directory), [])
})

test('for one token the secret is asked for twice at most: to seal it, and to get it', async (context) => {
  const { source } = await setUp(context)
  let asked = 0
  const credential = async () => {
    asked += 1
    return secret
  }
  await source({ credential }).token()
  assert.equal(asked, 2)
  await source({ credential }).token()
  assert.equal(asked, 3)
})

test('a credential without a secret needs a key of the cache', async (context) => {
  const { source, directory, requests } = await setUp(context)
  const credential: ClientCredential = { authenticate: () => ({ headers: {}, parameters: [['client_id', 'a']] }) }
  assert.throws(() => source({ credential }), fails('invalid_configuration'))
  const cache = fileTokenCache({ directory, key: () => Promise.resolve('a key of thirty-two random bytes') })
  assert.equal((await source({ credential, cache }).token()).value, 'token-1')
  assert.equal((await source({ credential, cache }).token()).value, 'token-1')
  assert.equal(requests.length, 1)
})

test('what has expired or was left behind is taken away, and nothing else', async (context) => {
  const { source, directory } = await setUp(context)
  await source().token()
  const [token = ''] = readdirSync(directory)
  const old = ['0'.repeat(64), '1'.repeat(64)].flatMap((name) => [
    `${name}.token`,
    `${name}.token.0b6a7e1c-5f0e-4d2a-9a43-2f1f4a0c9d11`,
    `${name}.lock`,
  ])
  for (const name of [...old, 'mine.txt']) {
    writeFileSync(join(directory, name), '')
    utimesSync(join(directory, name), new Date(0), new Date(0))
  }
  await source({ scope: 'other' }).token()
  const left = readdirSync(directory)
  assert.equal(left.length, 3)
  assert.ok(left.includes(token) && left.includes('mine.txt'))
})
