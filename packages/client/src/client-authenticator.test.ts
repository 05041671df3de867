import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { SeenRequest } from '../test/local-server.ts'
import { fails, setUp, tokenAnswer } from '../test/local-source.ts'
import { type Credential, clientSecretBasic, clientSecretPost, secretFromEnvironment } from './credential.ts'
import { secretFromFile } from './node/index.ts'

const secretOf = ({ headers, body }: SeenRequest): string | null =>
  headers.authorization === undefined
    ? new URLSearchParams(body).get('client_secret')
    : atob(headers.authorization.slice('Basic '.length)).replace(/^.*:/, '')

/** A server that knows some secrets, and one more token with each `renew`. */
async function rotating(context: TestContext, credential: Credential, known: Set<string>) {
  const { source, requests, clock } = await setUp(
    context,
    (count, request) =>
      known.has(secretOf(request) ?? '') ? tokenAnswer(count) : { status: 401, body: { error: 'invalid_client' } },
    { credential },
  )
  const used: () => readonly (string | null)[] = () => requests.map(secretOf)
  const again = () => {
    clock.time += 60_000
    return source.token()
  }
  return { source, requests, used, again }
}

test('of two credentials the newer is tried first; refused, the older is tried, and first from then on', async (context) => {
  const known = new Set(['older'])
  const { again, used } = await rotating(context, ['newer', 'older'], known)
  await again()
  assert.deepEqual(used(), ['newer', 'older'])
  await again()
  assert.deepEqual(used().slice(2), ['older'])
  known.add('newer')
  await again()
  assert.deepEqual(used().slice(3), ['older'])
  known.delete('older')
  await again()
  assert.deepEqual(used().slice(4), ['older', 'newer'])
  await again()
  assert.deepEqual(used().slice(6), ['newer'])
})

test('two credentials may be of different methods', async (context) => {
  const { again, used, requests } = await rotating(
    context,
    [clientSecretPost('n'), clientSecretBasic('o')],
    new Set(['o']),
  )
  await again()
  assert.deepEqual(used(), ['n', 'o'])
  assert.equal(requests[0]?.headers.authorization, undefined)
  assert.doesNotMatch(requests[1]?.body ?? '', /client_secret/)
})

test('when both credentials are refused, that is the error, after two requests', async (context) => {
  const { source, used } = await rotating(context, ['newer', 'older'], new Set())
  await assert.rejects(source.token(), fails('refused', { oauthError: 'invalid_client' }))
  assert.deepEqual(used(), ['newer', 'older'])
  await assert.rejects(source.token(), fails('refused'))
  assert.deepEqual(used().slice(2), ['newer', 'older'])
})

test('for any other error than invalid_client the second credential is not tried', async (context) => {
  for (const [status, error] of [
    [400, 'invalid_scope'],
    [400, 'unauthorized_client'],
    [400, 'invalid_request'],
    [503, 'temporarily_unavailable'],
    [401, 'unauthorized'],
  ] as const) {
    const credential = ['newer', 'older'] as const
    const { source, requests } = await setUp(context, () => ({ status, body: { error } }), { credential, attempts: 1 })
    await assert.rejects(source.token())
    assert.deepEqual(requests.map(secretOf), ['newer'])
  }
  const failing = () => Promise.reject(new Error('sealed'))
  const { source, requests } = await setUp(context, undefined, { credential: [failing, 'older'] })
  await assert.rejects(source.token(), fails('secret_unavailable'))
  assert.equal(requests.length, 0)
})

test('a function that takes too long for the secret is given up and told so', async (context) => {
  const signals: AbortSignal[] = []
  const credential = (signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<string>(() => undefined)
  }
  const { source, requests } = await setUp(context, undefined, { credential, timeout: 20 })
  await assert.rejects(source.token(), fails('secret_unavailable', { temporary: false }))
  assert.equal(requests.length, 0)
  assert.ok(signals.length === 1 && signals[0] instanceof AbortSignal)
})

test('a secret from the environment is read when it is needed', async (context) => {
  const name = 'MINTMARK_TEST_SECRET_OF_CREDENTIAL'
  context.after(() => delete process.env[name])
  const { source, requests } = await setUp(context, undefined, { credential: secretFromEnvironment(name) })
  await assert.rejects(source.token(), (error: Error) => error.message.includes(name))
  process.env[name] = 'now'
  await source.token()
  assert.deepEqual(requests.map(secretOf), ['now'])
})

test('a secret from a file follows it, however it changes', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-secret-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'secret')
  // As Kubernetes mounts it: secret → ..data/secret, ..data → a directory, changed by renaming a new link over it.
  const publish = (version: string, secret: string) => {
    mkdirSync(join(directory, version))
    writeFileSync(join(directory, version, 'secret'), secret)
    symlinkSync(version, join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  }
  publish('..1', 'first\n')
  symlinkSync('..data/secret', path)
  const { source, requests, clock } = await setUp(context, undefined, { credential: secretFromFile(path) })
  const used = async () => {
    clock.time += 60_000
    await source.token()
    return secretOf(requests.at(-1) as SeenRequest)
  }
  assert.equal(await used(), 'first')
  publish('..2', 'second\r\n')
  assert.equal(await used(), 'second')
  writeFileSync(`${path}.new`, ' third ')
  renameSync(`${path}.new`, path)
  assert.equal(await used(), '+third+')
  writeFileSync(path, 'fourth\n\n')
  assert.equal(await used(), 'fourth')
  clock.time += 60_000
  writeFileSync(path, '\n')
  await assert.rejects(source.token(), fails('secret_unavailable'))
  rmSync(path)
  await assert.rejects(source.token(), (error: Error) => /ENOENT/.test(error.message) && error.message.includes(path))
})
