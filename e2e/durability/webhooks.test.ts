import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createAdminClient } from '@mintmark/client/admin'
import { startReceiver } from '../../packages/server/test/webhook-receiver.ts'
import { type ServerProcess, startServerProcess, temporaryDirectory } from '../process/server-process.ts'
import { foundDemo } from './found-demo.ts'

const rounds = 8
const place = { tenant: 'default', workspace: 'demo' }

test(`${rounds} times kill -9 between attempts: whatever was committed is told, under one id each`, async (t: TestContext) => {
  const directory = temporaryDirectory(t)
  const environment = { MINTMARK_LOG_LEVEL: 'silent', MINTMARK_WEBHOOKS_ALLOWED: '127.0.0.1' }
  const { administrator } = await foundDemo(directory, environment)
  const receiver = await startReceiver(t)
  const adminOf = ({ adminUrl }: ServerProcess) => createAdminClient({ ...administrator, adminUrl })

  const acknowledged: number[] = []
  const told = (): readonly number[] => receiver.received.map(({ message }) => Number(message.data.revision))
  let made = 0
  for (let round = 0; round < rounds; round += 1) {
    const server = await startServerProcess({ after: () => {} }, directory, environment)
    const admin = adminOf(server)
    if (round === 0) await admin.createWebhook(place, { id: 'alerts', url: receiver.url, events: ['configuration.'] })
    // Half of the rounds die with a message under way, the others somewhere between two.
    const stuck = receiver.next()
    receiver.answer = round % 2 === 0 ? () => {} : (response) => void response.writeHead(204).end()
    for (let count = 0; count < 5; count += 1) {
      made += 1
      const { revision } = await admin.createClient(place, { id: `client-${made}` })
      acknowledged.push(revision)
    }
    await stuck
    server.signal('SIGKILL')
    await server.exited
  }

  receiver.answer = (response) => void response.writeHead(204).end()
  await startServerProcess(t, directory, environment)
  for (;;) {
    const missing = acknowledged.filter((revision) => !told().includes(revision))
    if (missing.length === 0) break
    await receiver.next()
  }
  const ids = Map.groupBy(receiver.received, ({ message }) => message.data.revision)
  for (const [revision, messages] of ids) {
    assert.equal(new Set(messages.map(({ headers }) => headers['webhook-id'])).size, 1, `revision ${revision}`)
  }
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, ids.size)
  t.diagnostic(`${acknowledged.length} commits, ${receiver.received.length} messages`)
})
