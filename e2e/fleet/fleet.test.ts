import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { startMtlsServer } from '../../packages/server/test/mtls-fixture.ts'
import { enroll, isSecretKind, type Kind, type Member } from './member.ts'

// A fleet of machines of every kind works on while everything it rests on is replaced: secrets, keys, certificates and the keys
// that sign its tokens. Time is the server's clock, which runs a few seconds ahead between calls.

const second = 1000
const tokenLifetime = 60
/** Seconds a credential is unused before it counts as such: uses are written within ten minutes. */
const quiet = 610
const metadataMaxAge = 60

const server = await startMtlsServer({ after }, [], {
  metadataMaxAge: String(metadataMaxAge),
  keysAnnounced: '0',
  // Deadlines go by the same clock, which is moved while requests are under way.
  answerTime: '600000',
})
const relaxed = await server.call(
  'updateWorkspace',
  {},
  { input: { tokenLifetime, maxTokenLifetime: 2 * tokenLifetime } },
)
assert.equal(relaxed.status, 200, relaxed.text)

const refusals: string[] = []
const listener = createServer((request, response) => handle(request, response))
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
after(() => {
  listener.closeAllConnections()
  listener.close()
})
const publicUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
const api = protect({
  issuer: server.issuer,
  audience: 'https://api-a.test',
  dpop: { mode: 'accepted', publicUrl },
  currentTime: server.clock.now,
  now: server.clock.elapsed,
  onRefusal: ({ check }) => refusals.push(check ?? 'unknown'),
})
const handle = requireToken(api, ['api:read'], (_request, response) => {
  response.end('{}')
})

const kinds: readonly Kind[] = [
  'basic',
  'post',
  'ES256',
  'Ed25519',
  'PS256',
  'self-signed',
  'dpop',
  'basic',
  'ES256',
  'post',
]
const fleet = await Promise.all(
  Array.from({ length: 20 }, (_, index) =>
    enroll(server, {
      id: `machine-${index + 1}`,
      kind: kinds[index % kinds.length] ?? assert.fail(),
      api: `${publicUrl}/orders`,
    }),
  ),
)

after(() => Promise.all(fleet.map(({ stop }) => stop())))

/** Lets every machine call the API a few times more, and some seconds pass on the clock. */
const passTime = async (seconds: number): Promise<void> => {
  for (let passed = 0; passed < seconds; passed += 5) {
    server.clock.advance(5 * second)
    await server.background.runNow('key-schedule')
    await server.background.runNow('credential-use')
    const before = fleet.map(({ calls, failures }) => calls() + failures.length)
    while (fleet.some(({ calls, failures }, index) => calls() + failures.length <= (before[index] ?? 0))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
const failures = (): readonly string[] =>
  fleet.flatMap(({ id, failures: some }) => some.map((one) => `${id}: ${one}`)).concat(refusals)

const readKids = async (): Promise<readonly string[]> => {
  const { keys } = (await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json()) as {
    readonly keys: readonly { readonly kid: string }[]
  }
  return keys.map(({ kid }) => kid)
}

/** Starts the rotation of a machine's credential. @returns what brings the new one to the machine */
const startRotation = async ({ id, kind, next }: Member): Promise<() => void> => {
  if (isSecretKind(kind)) {
    const { status, text, body } = await server.call('startRotation', { client: id }, { input: {} })
    assert.equal(status, 201, text)
    return (await next(body.secret)).deploy
  }
  const { registered, deploy } = await next()
  const { status, text } = await server.call('startRotation', { client: id }, { input: { key: registered } })
  assert.equal(status, 201, text)
  return deploy
}

const complete = ({ id }: Member) => server.call('completeRotation', { client: id }, { input: {} })

test('no request of twenty machines fails while everything is replaced, and the one left behind is named', async () => {
  const first = await readKids()
  for (const member of fleet) member.start()
  const rotated = await server.call('rotateKey', {}, { input: { algorithm: 'ES256' } })
  assert.equal(rotated.status, 200, rotated.text)
  const deployments = await Promise.all(fleet.map(startRotation))
  await passTime(tokenLifetime)

  const behind = fleet.at(-1) ?? assert.fail()
  const others = fleet.slice(0, -1)
  for (const [index] of others.entries()) {
    deployments[index]?.()
    await passTime(5)
  }
  await passTime(quiet)

  for (const member of others) {
    const completed = await complete(member)
    assert.equal(completed.status, 200, `${member.id}: ${completed.text}`)
  }
  const status = await server.call('showRotation', { client: behind.id })
  assert.equal(status.body.safe, false)
  const callers = status.body.callers.filter(({ waiting }) => waiting)
  assert.ok(callers.length > 0, status.text)
  for (const { address, moved } of callers) assert.deepEqual({ address, moved }, { address: '127.0.0.1', moved: false })
  const refused = await complete(behind)
  assert.equal(refused.status, 409, refused.text)
  assert.match(refused.text, /127\.0\.0\.1/)

  deployments.at(-1)?.()
  await passTime(quiet)
  assert.equal((await complete(behind)).status, 200)
  const last = await readKids()
  assert.ok(first.every((kid) => !last.includes(kid)))
  await passTime(tokenLifetime)
  for (const member of fleet) await member.stop()
  assert.deepEqual(failures(), [])
})

test('what was replaced proves nobody any more', async () => {
  for (const { id } of fleet) {
    const { body } = await server.call('showRotation', { client: id })
    assert.deepEqual(
      body.old.map(({ state, live }) => ({ state, live })),
      [{ state: 'retired', live: false }],
    )
  }
})
