import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { startTestServer, type TestServer } from '../fixtures.ts'
import { metric, slowDisk, untilMetric } from '../slow-disk.ts'
import { until } from '../until.ts'

const grant = { grant_type: 'client_credentials' }
const long = { waitTime: '60000' }

/** Lets time pass until the answer is there. */
const timePasses = async <T>(server: TestServer, answer: Promise<T>): Promise<T> => {
  let there = false
  const told = answer.finally(() => {
    there = true
  })
  told.catch(() => {})
  await until('the answer is there', async () => {
    server.clock.advance(1000)
    await metric(server, 'process_open_fds')
    return there
  })
  return told
}

const assertLate = async (response: Response): Promise<void> => {
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('www-authenticate'), null)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(response.headers.get('mintmark-reference') ?? '', /^[0-9a-z]{10}$/)
  assert.deepEqual(await response.json(), {
    error: 'temporarily_unavailable',
    error_description: 'The server did not finish in time. Try again later.',
  })
}

const issued = ({ dataDirectory }: TestServer): number => {
  const database = new DatabaseSync(join(dataDirectory, 'mintmark.sqlite'), { readOnly: true })
  const row = database.prepare("SELECT count(*) AS rows FROM audit_event WHERE type = 'token.issued'").get()
  database.close()
  return Number(row?.rows)
}

const startSlow = async (context: TestContext, settings: Readonly<Record<string, string>> = {}) => {
  const server = await startTestServer(context, { settings: { ...long, ...settings } })
  await server.token('cb')
  return { server, disk: slowDisk(server) }
}

test('REL-013: who waits for longer than a request may take gets 503, and what goes on takes its place and is counted', async (context) => {
  const { server, disk } = await startSlow(context, { concurrentLimit: '2' })
  const ask = () => server.post('/oauth2/token', grant, server.basic('cb'))
  const asked = [ask(), ask()]
  await untilMetric(server, 'mintmark_requests_in_flight{kind="write"}', 2)
  for (const response of await timePasses(server, Promise.all(asked))) await assertLate(response)
  assert.equal(await metric(server, 'mintmark_requests_late_total{kind="write"}'), 2)
  assert.equal(await metric(server, 'mintmark_requests_abandoned{kind="write"}'), 2)
  assert.equal(await metric(server, 'mintmark_requests_in_flight{kind="write"}'), 2)
  disk.recover()
  await untilMetric(server, 'mintmark_requests_abandoned{kind="write"}', 0)
  assert.equal(await metric(server, 'mintmark_requests_late_done_total{kind="write"}'), 2)
  assert.equal(await metric(server, 'mintmark_requests_in_flight{kind="write"}'), 0)
  assert.equal(issued(server), 3, 'each token has its event, also those nobody got')
  await server.token('cb')
})

test('REL-013: the time in which a request waits for its turn counts, and who waited in vain is never begun', async (context) => {
  const { server, disk } = await startSlow(context, { concurrentLimit: '1' })
  const ask = () => server.post('/oauth2/token', grant, server.basic('cb'))
  const asked = [ask(), ask(), ask()]
  await untilMetric(server, 'mintmark_requests_waiting{kind="write"}', 2)
  const answers = await timePasses(server, Promise.all(asked))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503],
  )
  for (const answer of answers) assert.ok(answer.headers.has('retry-after'))
  assert.equal(await metric(server, 'mintmark_requests_shed_total{kind="write"}'), 2)
  disk.recover()
  await untilMetric(server, 'mintmark_requests_abandoned{kind="write"}', 0)
  assert.equal(issued(server), 2)
})

test('REL-013: a revocation that took too long may be sent again, and has happened all the same', async (context) => {
  const server = await startTestServer(context, { settings: long })
  const token = await server.token('cb')
  const disk = slowDisk(server)
  const revoke = () => server.post('/oauth2/revoke', { token }, server.basic('cb'))
  const asked = revoke()
  await untilMetric(server, 'mintmark_requests_in_flight{kind="write"}', 1)
  await assertLate(await timePasses(server, asked))
  disk.recover()
  await untilMetric(server, 'mintmark_requests_late_done_total{kind="write"}', 1)
  const asksAbout = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
  assert.deepEqual(await asksAbout.json(), { active: false })
  assert.equal((await revoke()).status, 200)
})

test('a change that took too long is said to be unknown, and is made once when it is repeated under its key', async (context) => {
  const server = await startAdminServer(context, { settings: long })
  const change = () => server.call('createClient', {}, { input: { id: 'slow' }, headers: { 'idempotency-key': 'one' } })
  const disk = slowDisk(server)
  const { status, headers, body } = await timePasses(server, change())
  assert.equal(status, 503)
  assert.equal(headers.get('retry-after'), '5')
  assert.equal(headers.get('content-type'), 'application/problem+json')
  const { reference, ...problem } = body as unknown as Readonly<Record<string, unknown>>
  assert.equal(reference, headers.get('mintmark-reference'))
  assert.deepEqual(problem, {
    type: 'urn:mintmark:problem:unavailable',
    title: 'The server cannot do this now',
    status: 503,
    detail:
      'The server did not finish in time: whether it was done, or will be, is not known. Repeat it with the same Idempotency-Key, or look.',
  })
  assert.equal(await metric(server, 'mintmark_requests_late_total{kind="administration"}'), 1)
  disk.recover()
  const again = await change()
  assert.equal(again.status, 201, again.text)
  const { body: revisions } = await server.call('listRevisions')
  assert.equal(revisions.items.filter(({ note }) => note === 'createClient').length, 1)
})

test('a caller that asks to wait for events waits as long as it asked for', async (context) => {
  const server = await startAdminServer(context, { settings: { adminAnswerTime: '100' } })
  const { status, text } = await server.call('followAuditEvents', {}, { query: { wait: 1, position: 1_000_000 } })
  assert.equal(status, 200, text)
})

test('an administrator is not kept waiting for a token either', async (context) => {
  const server = await startAdminServer(context)
  const disk = slowDisk(server)
  const refused = timePasses(server, server.adminToken())
  await assert.rejects(refused, /did not finish in time/)
  disk.recover()
  await untilMetric(server, 'mintmark_requests_late_done_total{kind="system"}', 1)
})
