import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { auditEventTypes } from '../src/audit/event-types.ts'
import { startTestServer } from './fixtures.ts'
import { converse } from './raw-http.ts'

/** The value of a metric line that begins so. */
const metricOf = (metrics: string, line: string): number =>
  Number(
    metrics
      .split('\n')
      .find((each) => each.startsWith(line))
      ?.slice(line.length) ?? Number.NaN,
  )

test('REL-038: a running server is alive and ready, on the management listener only', async (context) => {
  const server = await startTestServer(context)
  for (const [path, status] of [
    ['/health/live', 'live'],
    ['/health/ready', 'ready'],
  ] as const) {
    const response = await fetch(`${server.adminUrl}${path}`)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { status })
    assert.match(response.headers.get('cache-control') ?? '', /no-store/)
    assert.equal((await fetch(`${server.adminUrl}${path}`, { method: 'HEAD' })).status, 200)
    const posted = await fetch(`${server.adminUrl}${path}`, { method: 'POST' })
    assert.equal(posted.status, 405)
    assert.equal(posted.headers.get('allow'), 'GET, HEAD')
  }
  for (const path of ['/health/live', '/health/ready', '/metrics', '/version']) {
    assert.equal((await fetch(`${server.publicUrl}${path}`)).status, 404)
  }
})

test('the version says what runs', async (context) => {
  const server = await startTestServer(context)
  const version = (await (await fetch(`${server.adminUrl}/version`)).json()) as Record<string, string>
  assert.deepEqual(Object.keys(version), ['version', 'node', 'sqlite'])
  assert.match(version.version ?? '', /^\d+\.\d+\.\d+/)
  assert.equal(version.node, process.versions.node)
})

test('SEC-282: the SQLite engine is one without the WAL-reset corruption', async (context) => {
  const server = await startTestServer(context)
  const { sqlite } = (await (await fetch(`${server.adminUrl}/version`)).json()) as { sqlite: string }
  const [major = 0, minor = 0, patch = 0] = sqlite.split('.').map(Number)
  assert.ok(major * 1e6 + minor * 1e3 + patch >= 3_051_003, sqlite)
  assert.notEqual(sqlite, '3.52.0')
})

test('metrics count requests by endpoint and outcome, tokens by grant and format, and name no client', async (context) => {
  const server = await startTestServer(context)
  await server.token('cb')
  await server.token('cx', { scope: 'b:read' })
  await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb', 'wrong'))
  await server.post('/oauth2/token', { grant_type: 'password' }, server.basic('cb'))
  const response = await fetch(`${server.adminUrl}/metrics`)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const metrics = await response.text()
  assert.equal(metricOf(metrics, 'mintmark_requests_total{endpoint="token",outcome="ok"} '), 2)
  assert.equal(metricOf(metrics, 'mintmark_requests_total{endpoint="token",outcome="invalid_client"} '), 1)
  assert.equal(metricOf(metrics, 'mintmark_requests_total{endpoint="token",outcome="unsupported_grant_type"} '), 1)
  assert.equal(metricOf(metrics, 'mintmark_tokens_issued_total{grant="client_credentials",format="jwt"} '), 1)
  assert.equal(metricOf(metrics, 'mintmark_tokens_issued_total{grant="client_credentials",format="opaque"} '), 1)
  assert.equal(metricOf(metrics, 'mintmark_request_duration_seconds_count{endpoint="token"} '), 4)
  assert.equal(metricOf(metrics, 'mintmark_request_duration_seconds_bucket{endpoint="token",le="+Inf"} '), 4)
  assert.equal(metricOf(metrics, 'mintmark_audit_events_total '), 4)
  assert.equal(metricOf(metrics, 'mintmark_audit_queue '), 0)
  assert.ok(metricOf(metrics, 'mintmark_audit_commit_seconds_total ') > 0)
  assert.equal(metricOf(metrics, 'mintmark_cache_entries{cache="clients"} '), 2)
  assert.ok(metricOf(metrics, 'process_resident_memory_bytes ') > 1e6)
  assert.doesNotMatch(metrics, /"cb"|"cx"|acme|127\.0\.0\.1/)
  for (const line of metrics.split('\n').filter((each) => each !== '')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) [a-z][a-z0-9_]* .+|[a-z][a-z0-9_]*(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [\d.e+-]+)$/,
    )
  }
})

test('SEC-191: health answers on its own listener while the public one is full', async (context) => {
  const server = await startTestServer(context, { settings: { connectionLimit: '10' } })
  const port = Number(new URL(server.publicUrl).port)
  // Connections are accepted in the order in which they were made: the eleventh comes when ten are held.
  const held = Array.from({ length: 10 }, () => connect(port, '127.0.0.1'))
  context.after(() => {
    for (const socket of held) socket.destroy()
  })
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  const refused = await converse(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  assert.deepEqual(refused.answers, [])
  const began = performance.now()
  assert.equal((await fetch(`${server.adminUrl}/health/ready`)).status, 200)
  assert.ok(performance.now() - began < 1000)
})

test('REL-035: a server that drains is not ready, answers what it accepted, and checkpoints its store', async (context) => {
  const server = await startTestServer(context)
  await server.token('cb')
  const closing = server.close({ delay: 200 })
  const ready = await fetch(`${server.adminUrl}/health/ready`)
  assert.equal(ready.status, 503)
  assert.deepEqual(await ready.json(), { status: 'not ready', reasons: ['draining'] })
  assert.equal((await fetch(`${server.adminUrl}/health/live`)).status, 200)
  const during = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb'))
  assert.equal(during.status, 200)
  assert.equal(during.headers.get('connection'), 'close')
  assert.deepEqual(await closing, { cut: 0 })
  await assert.rejects(fetch(`${server.publicUrl}/`))
  await assert.rejects(fetch(`${server.adminUrl}/health/live`))
  const log = statSync(join(server.dataDirectory, 'mintmark.sqlite-wal'), { throwIfNoEntry: false })
  assert.equal(log?.size ?? 0, 0)
})

test('no answer lets another origin read it, and preflights are refused', async (context) => {
  const server = await startTestServer(context)
  const origin = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
  const token = await server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials' },
    { ...server.basic('cb'), ...origin },
  )
  assert.equal(token.status, 200)
  const preflight = await fetch(`${server.issuer}/oauth2/token`, { method: 'OPTIONS', headers: origin })
  assert.equal(preflight.status, 405)
  for (const { headers } of [token, preflight]) assert.equal(headers.get('access-control-allow-origin'), null)
})

test('SEC-190: strangers fill no memory with large bodies: so many arrive at once, and everything small goes on', async (context) => {
  const server = await startTestServer(context)
  const { hostname, port } = new URL(server.adminUrl)
  const begin = (length: string) =>
    new Promise<Socket>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        const lines = [
          'POST /admin/v1/workspaces/a/b/apply HTTP/1.1',
          'Host: x',
          'Content-Type: application/json',
          length,
        ]
        socket.write(`${lines.join('\r\n')}\r\n\r\n`, () => resolve(socket))
      })
      socket.on('error', () => {})
    })
  const lengths = ['Content-Length: 8000000', 'Transfer-Encoding: chunked']
  const held = await Promise.all(Array.from({ length: 16 }, (_, index) => begin(lengths[index % 2] ?? '')))
  const large = () => fetch(`${server.adminUrl}/admin/v1/tenants`, { method: 'POST', body: 'x'.repeat(100_000) })
  // The server has seen the sixteen by the time it refuses one more.
  let refused = await large()
  for (let tries = 0; refused.status !== 503 && tries < 50; tries += 1) refused = await large()
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '1')
  await refused.text()
  assert.equal((await fetch(`${server.adminUrl}/health/live`)).status, 200)
  assert.equal((await fetch(`${server.adminUrl}/admin/v1/tenants`, { method: 'POST', body: '{}' })).status, 401)
  const closed = held.map((socket) => once(socket.destroy(), 'close'))
  await Promise.all(closed)
  let served = await large()
  for (let tries = 0; served.status !== 401 && tries < 50; tries += 1) served = await large()
  assert.equal(served.status, 401)
})

test('every metric and every type of audit event is on the page for operators', async (context) => {
  const server = await startTestServer(context)
  const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8')
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  const names = [...metrics.matchAll(/^# TYPE (mintmark_\w+)/gm)].map(([, name = '']) => name)
  assert.ok(names.length > 20)
  for (const name of [...names, ...auditEventTypes]) assert.ok(page.includes(`\`${name}\``), name)
})
