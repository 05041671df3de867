import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { startTestServer, type TestServer } from './fixtures.ts'
import { converse, parseAnswers } from './raw-http.ts'
import { metric, slowDisk, untilMetric } from './slow-disk.ts'
import { until } from './until.ts'

const few = { concurrentLimit: '2', waitingLimit: '3', waitTime: '60000', answerTime: '60000' }
const grant = { grant_type: 'client_credentials' }
const tokens = (server: TestServer, count: number): Promise<Response>[] =>
  Array.from({ length: count }, () => server.post('/oauth2/token', grant, server.basic('cb')))

const startOverloaded = async (context: TestContext) => {
  const server = await startTestServer(context, { settings: few })
  await server.token('cb')
  const disk = slowDisk(server)
  const held = tokens(server, 5)
  await untilMetric(server, 'mintmark_requests_waiting{kind="write"}', 3)
  return { server, disk, held }
}

test('REL-013: while the store does not answer, so many wait, the rest gets 503 at once, and all is well when it does', async (context) => {
  const { server, disk, held } = await startOverloaded(context)
  assert.equal(await metric(server, 'mintmark_requests_in_flight{kind="write"}'), 2)
  for (const refused of await Promise.all(tokens(server, 20))) {
    assert.equal(refused.status, 503)
    assert.equal(refused.headers.get('retry-after'), '1')
    assert.equal(refused.headers.get('cache-control'), 'no-store')
    assert.match(refused.headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(refused.headers.get('connection'), 'keep-alive')
    assert.equal(refused.headers.get('www-authenticate'), null)
    assert.deepEqual(await refused.json(), {
      error: 'temporarily_unavailable',
      error_description: 'The server is busy. Try again later.',
    })
  }
  assert.equal(await metric(server, 'mintmark_requests_shed_total{kind="write"}'), 20)
  disk.recover()
  for (const answered of await Promise.all(held)) assert.equal(answered.status, 200)
  await server.token('cb')
  assert.equal(await metric(server, 'mintmark_requests_in_flight{kind="write"}'), 0)
  assert.equal(await metric(server, 'mintmark_requests_waiting{kind="write"}'), 0)
  const { rows } = await auditCount(server)
  assert.equal(rows, 7, 'a token each, and nothing of what was shed')
})

const auditCount = async ({ dataDirectory }: TestServer): Promise<{ readonly rows: number }> => {
  const database = new DatabaseSync(join(dataDirectory, 'mintmark.sqlite'), { readOnly: true })
  const row = database.prepare("SELECT count(*) AS rows FROM audit_event WHERE type LIKE 'token.%'").get()
  database.close()
  return { rows: Number(row?.rows) }
}

test('REL-041: while no token can be had, keys, metadata, introspection and health are answered', async (context) => {
  const server = await startTestServer(context, { settings: few })
  const token = await server.token('cb')
  const disk = slowDisk(server)
  const held = tokens(server, 5)
  await untilMetric(server, 'mintmark_requests_waiting{kind="write"}', 3)
  assert.equal((await fetch(`${server.issuer}/.well-known/jwks.json`)).status, 200)
  assert.equal((await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).status, 200)
  const introspected = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
  assert.equal(((await introspected.json()) as { active: boolean }).active, true)
  for (const path of ['/health/live', '/health/ready'])
    assert.equal((await fetch(`${server.adminUrl}${path}`)).status, 200)
  disk.recover()
  for (const answered of await Promise.all(held)) assert.equal(answered.status, 200)
})

test('a refused caller who comes back on its connection is read and answered later, with the same answer', async (context) => {
  const { server, disk, held } = await startOverloaded(context)
  const { port, pathname } = new URL(`${server.issuer}/oauth2/token`)
  const ask = `POST ${pathname} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n`
  const { answers } = await converse(
    Number(port),
    (socket) => {
      socket.write(ask)
      socket.once('data', () => socket.write(ask))
    },
    { until: (text) => parseAnswers(text).length === 2 },
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503],
  )
  disk.recover()
  await Promise.all(held)
})

test('REL-041: a refusal comes before the body is read, and what comes after the body is read as the next request', async (context) => {
  const { server, disk, held } = await startOverloaded(context)
  const { port, pathname } = new URL(`${server.issuer}/oauth2/token`)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n`
  const { answers } = await converse(
    Number(port),
    (socket) => {
      socket.write(head)
      socket.once('data', () => socket.write(`a=b&${head}a=b&`))
    },
    { until: (text) => parseAnswers(text).length === 2 },
  )
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers['retry-after'], headers['x-content-type-options']]),
    [
      [503, '1', 'nosniff'],
      [503, '1', 'nosniff'],
    ],
  )
  disk.recover()
  await Promise.all(held)
})

test('REL-041: a body that is too large, or of unknown length, is judged as ever', async (context) => {
  const { server, disk, held } = await startOverloaded(context)
  const { port, pathname } = new URL(`${server.issuer}/oauth2/token`)
  const large = `POST ${pathname} HTTP/1.1\r\nhost: a\r\ncontent-length: 20000\r\n\r\n`
  const chunked = `POST ${pathname} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\na=b&\r\n0\r\n\r\n`
  const statuses: number[] = []
  for (const request of [large, chunked]) {
    const { answers } = await converse(Number(port), (socket) => void socket.write(request), {
      until: (text) => parseAnswers(text).length === 1,
    })
    statuses.push(answers[0]?.status ?? 0)
  }
  assert.deepEqual(statuses, [413, 503])
  disk.recover()
  await Promise.all(held)
})

test('guesses at chosen secrets, which wait on purpose, take no place from others', async (context) => {
  const server = await startTestServer(context, { settings: { ...few, waitingLimit: '0' } })
  await server.token('cb')
  const guesses: Promise<Response>[] = []
  let answered = 0
  // One after the other: before it waits on purpose, each takes a place for a moment.
  for (let each = 1; each <= 6; each += 1) {
    const guess = server.post('/oauth2/token', grant, server.basic(`nobody-${each}`, 'guess'))
    guess.then(() => {
      answered += 1
    })
    guesses.push(guess)
    await until(
      'the guess arrived',
      async () => answered + (await metric(server, 'mintmark_requests_in_flight{kind="write"}')) >= guesses.length,
    )
    await metric(server, 'process_open_fds')
  }
  await server.token('cb')
  for (const guess of await Promise.all(guesses)) assert.equal(guess.status, 401)
})

test('a server that drains answers those who wait', async (context) => {
  const { server, disk, held } = await startOverloaded(context)
  const closing = server.close()
  disk.recover()
  for (const answered of await Promise.all(held)) assert.equal(answered.status, 200)
  assert.deepEqual(await closing, { cut: 0 })
})
