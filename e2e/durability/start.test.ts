import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { demoFounding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { startServerProcess, temporaryDirectory } from '../process/server-process.ts'

const clients = 10_000
/** Milliseconds from the start of the process to readiness and a first token (REL-039). */
const limit = 2000

test(`REL-039: with ${clients} clients a cold start is ready, and issues a token, within ${limit} ms`, async (t) => {
  const directory = temporaryDirectory(t)
  const { config } = loadConfig({
    file: undefined,
    environment: { MINTMARK_LOG_LEVEL: 'silent' },
    flags: { dataDirectory: directory, publicPort: '0', adminPort: '0' },
  })
  const founder = await startServer(config)
  const client = demoFounding.clients['weather-website'] ?? {}
  const secrets = await foundWorkspace(
    {
      ...demoFounding,
      clients: Object.fromEntries(Array.from({ length: clients }, (_, index) => [`client-${index}`, client])),
    },
    founder,
  )
  await founder.close()

  // The best of three: other tests share the processors.
  const times: number[] = []
  for (let attempt = 0; attempt < 3 && Math.min(...times) > limit / 2; attempt += 1) {
    const began = performance.now()
    const server = await startServerProcess(t, directory, { MINTMARK_LOG_LEVEL: 'silent' })
    while ((await fetch(`${server.adminUrl}/health/ready`)).status !== 200);
    const response = await fetch(`${server.publicUrl}/default/demo/oauth2/token`, {
      method: 'POST',
      headers: { authorization: writeBasic('client-7777', secrets?.['client-7777'] ?? '') },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    times.push(performance.now() - began)
    assert.equal(response.status, 200)
    server.signal('SIGKILL')
    await server.exited
  }
  t.diagnostic(times.map((time) => `${Math.round(time)} ms`).join(', '))
  assert.ok(Math.min(...times) < limit)
})
