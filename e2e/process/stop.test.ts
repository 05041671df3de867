import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startServerProcess, temporaryDirectory } from './server-process.ts'

type Outcome = { readonly status: number | undefined; readonly closing: boolean } | { readonly error: string }

/** One request over a pool of kept connections. */
const ask = (url: URL, agent: Agent): Promise<Outcome> =>
  new Promise((resolve) => {
    const sent = request(url, { agent, method: 'POST' }, (response: IncomingMessage) => {
      response.resume()
      response.on('end', () =>
        resolve({ status: response.statusCode, closing: response.headers.connection === 'close' }),
      )
      response.on('error', () => resolve({ error: 'answer cut' }))
    })
    // A kept connection may end the moment it is used again: such a request is sent once more, as every client does.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        sent.reusedSocket && error.code === 'ECONNRESET' ? ask(url, agent) : { error: error.code ?? error.message },
      ),
    )
    sent.setHeader('content-type', 'application/x-www-form-urlencoded')
    sent.end('grant_type=client_credentials')
  })

/** A connection on which a request has begun and does not go on. */
const beginRequest = async (url: string): Promise<void> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('POST /default/demo/oauth2/token HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\na')
  await delay(100)
}

test('REL-035: SIGTERM under load: not ready first, every request sent is answered, then exit 0 with the store checkpointed', async (context) => {
  const directory = temporaryDirectory(context)
  const server = await startServerProcess(context, directory, {
    MINTMARK_DRAIN_DELAY: '1000',
    MINTMARK_LOG_LEVEL: 'warn',
    // A node over PostgreSQL that makes one warns.
    MINTMARK_MASTER_KEY: randomBytes(32).toString('hex'),
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  context.after(() => agent.destroy())
  const url = new URL(`${server.publicUrl}/system/none/oauth2/token`)
  url.hostname = '127.0.0.1'
  const outcomes: Outcome[] = []
  let going = true
  const load = Array.from({ length: 100 }, async () => {
    while (going) {
      const outcome = await ask(url, agent)
      outcomes.push(outcome)
      if ('error' in outcome) going = false
      await delay(50)
    }
  })
  await delay(500)
  const before = outcomes.length
  assert.ok(before > 100)
  assert.equal((await fetch(`${server.adminUrl}/health/ready`)).status, 200)
  server.signal('SIGTERM')
  const signalled = performance.now()
  let ready = 200
  while (ready === 200 && performance.now() - signalled < 800) {
    ready = (await fetch(`${server.adminUrl}/health/ready`)).status
  }
  assert.equal(ready, 503)
  assert.equal((await fetch(`${server.adminUrl}/health/live`)).status, 200)
  // What sends requests here, such as a load balancer, looks at readiness and sends no more.
  await delay(100)
  going = false
  await Promise.all(load)
  assert.deepEqual(await server.exited, { code: 0, signal: null })
  assert.ok(performance.now() - signalled < 15_000)
  assert.deepEqual(
    outcomes.filter((outcome) => 'error' in outcome),
    [],
  )
  assert.ok(outcomes.some((outcome) => 'closing' in outcome && outcome.closing))
  assert.ok(outcomes.length > before)
  assert.equal(statSync(join(directory, 'mintmark.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0, 0)
  assert.equal(
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{')).length,
    0,
  )
})

test('SIGINT stops as SIGTERM does', async (context) => {
  const server = await startServerProcess(context, temporaryDirectory(context))
  server.signal('SIGINT')
  assert.deepEqual(await server.exited, { code: 0, signal: null })
})

test('REL-035: a request that does not finish is cut at the drain timeout, and the exit code says so', async (context) => {
  const server = await startServerProcess(context, temporaryDirectory(context), { MINTMARK_DRAIN_TIMEOUT: '300' })
  await beginRequest(server.publicUrl)
  const began = performance.now()
  server.signal('SIGTERM')
  assert.deepEqual(await server.exited, { code: 1, signal: null })
  assert.ok(performance.now() - began < 3000)
})

test('a second signal ends the process at once', async (context) => {
  const server = await startServerProcess(context, temporaryDirectory(context))
  await beginRequest(server.publicUrl)
  server.signal('SIGTERM')
  while (!server.output().includes('"draining"')) await delay(20)
  server.signal('SIGINT')
  assert.deepEqual(await server.exited, { code: 130, signal: null })
})

test('a reader of the log that goes away stops nothing', async (context) => {
  const server = await startServerProcess(context, temporaryDirectory(context), { MINTMARK_LOG_LEVEL: 'debug' })
  server.closeOutput()
  for (let round = 0; round < 50; round += 1) {
    assert.equal((await fetch(`${server.publicUrl}/nothing`)).status, 404)
  }
  assert.equal((await fetch(`${server.adminUrl}/health/ready`)).status, 200)
  server.signal('SIGTERM')
  assert.deepEqual(await server.exited, { code: 0, signal: null })
})
