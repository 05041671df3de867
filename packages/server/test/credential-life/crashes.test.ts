import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clientSecretPrefix, encodeForm, sealFormat, writeBasic } from '@mintmark/protocol'
import fc from 'fast-check'
import type { Administrator } from '../../src/admin/administrator.ts'
import type { Handler } from '../../src/admin/call.ts'
import type { AdminDependencies } from '../../src/admin/dependencies.ts'
import { createHandlers } from '../../src/admin/handlers.ts'
import { type App, createApp } from '../../src/app.ts'
import { createIssuers } from '../../src/domain/issuer.ts'
import { createDeadlines } from '../../src/lib/deadlines.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createParking } from '../../src/lib/parking.ts'
import { createSystemRandom, type Random } from '../../src/lib/random.ts'
import { createStatistics } from '../../src/operations/statistics.ts'
import { foundWorkspace } from '../../src/registry/bootstrap.ts'
import { ChangeRefused } from '../../src/registry/change-refused.ts'
import { createChangeSets } from '../../src/registry/change-set.ts'
import { createCredentialCare } from '../../src/registry/credential-care.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { credentialPlace } from '../../src/registry/steps.ts'
import { openStore } from '../../src/store/stores.ts'
import { casesFounding } from '../fixtures.ts'
import { createCrashingStore } from './crashing-store.ts'
import { type Model, type ModelCredential, type ModelRotation, mayProve, type Step, statesOf } from './model.ts'

const workspace = 'acme/cases'
const directory = mkdtempSync(join(tmpdir(), 'mintmark-test-'))
const real = await openStore('sqlite:test.sqlite', directory)
const { store, crashAt, calm } = createCrashingStore(real)

const clock = { time: 1_800_000_000_000, now: () => clock.time }

// Secrets whose answer was lost in a crash are known all the same: by their digest, from what they were made of.
const secrets = new Map<string, string>()
const system = createSystemRandom()
const random: Random = {
  bytes: (length) => {
    const bytes = system.bytes(length)
    if (length === 32) {
      const secret = sealFormat(clientSecretPrefix, bytes)
      secrets.set(sha256(secret).toString('base64url'), secret)
    }
    return bytes
  },
}

await foundWorkspace(casesFounding, { store: real, clock, random })

const masterKey = system.bytes(32)
const makeApp = (): App =>
  createApp({
    store,
    masterKey,
    issuers: createIssuers('http://localhost:6749', 'http://localhost:6750'),
    clock,
    elapsed: () => performance.now(),
    wait: async () => {},
    certificates: { taken: false, url: undefined, revocationLists: () => [] },
    outbound: { allowed: [], ca: undefined },
    random,
    log: silentLog,
    statistics: createStatistics(),
    auditRetention: 90,
    // What does not prove the client any more is tried again and again.
    failureLimits: { client: 1_000_000, address: 1_000_000, time: 1000 },
    clientCapacity: 100,
    metadataMaxAge: 900,
    keysActive: 90,
    keysAnnounced: 3600,
    parking: createParking(),
    deadlines: createDeadlines({ elapsed: () => performance.now() }),
    answerTimes: { endpoints: 3000, administration: 20_000 },
    leakReports: { scanners: [], labels: false },
  })
let app = makeApp()

const offered = () => ({
  capabilities: ['client_credentials'],
  authenticationMethods: ['client_secret_basic', 'client_secret_post'],
  tokenFormats: ['jwt', 'opaque'],
  algorithms: ['ES256'],
  endpoints: [],
})
const changeSets = createChangeSets({ store, offered, clock, random })
const registry = createRegistry({ store, clientCapacity: 10 })
const flushUses = async (): Promise<void> => {}
const care = createCredentialCare({ store, changeSets, flushUses, clock, log: silentLog })
const handlers = createHandlers({
  store,
  registry,
  changeSets,
  preparation: { random, hashSecret: () => Promise.reject(new Error('no secret is chosen here')) },
  flushUses,
  clock,
  offered,
} as unknown as AdminDependencies)

after(async () => {
  await app.close()
  registry.close()
  await real.close()
  rmSync(directory, { recursive: true, force: true })
})

const administrator = {
  actor: 'system/admin/test',
  client: 'test',
  scopes: new Set(['read', 'write', 'secrets']),
} as unknown as Administrator

/** Calls a handler as the router does, without HTTP. */
const call = async (name: string, parameters: Readonly<Record<string, string>>, input: unknown): Promise<void> => {
  const handler = handlers.find(({ operation }) => operation.name === name)
  assert.ok(handler, name)
  const given = {
    operation: handler.operation,
    administrator,
    parameters,
    input,
    query: undefined,
    workspace,
    ifMatch: undefined,
    address: '127.0.0.1',
    keep: undefined,
    closing: new AbortController().signal,
  }
  await handler.handle(given as unknown as Parameters<Handler['handle']>[0])
}

type Found = Model & { readonly digests: ReadonlyMap<string, string> }

/** What the store holds of a client's credentials, in the words of the model. */
const look = async (client: string): Promise<Found> => {
  const found = await real.configuration.readClient(workspace, client)
  const digests = new Map<string, string>()
  const credentials = (found?.credentials ?? []).map(({ id, body }): ModelCredential => {
    const stored = JSON.parse(body) as ModelCredential & { hash: { digest: string } }
    digests.set(id, stored.hash.digest)
    const { staged, drainsUntil, retired, frozen } = stored
    return {
      id,
      ...(staged === undefined ? {} : { staged }),
      ...(drainsUntil === undefined ? {} : { drainsUntil }),
      ...(retired === undefined ? {} : { retired }),
      ...(frozen === undefined ? {} : { frozen }),
    }
  })
  const entity = await real.configuration.readEntity(workspace, 'rotation', client)
  const { announced: _announced, ...rotation } = entity === undefined ? {} : JSON.parse(entity.body)
  return { credentials, rotation: entity === undefined ? undefined : (rotation as ModelRotation), digests }
}

const comparable = ({ credentials, rotation }: Model): unknown => ({
  credentials: credentials.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  rotation,
})

const status = async (client: string, secret: string): Promise<number> => {
  const response = await app.handlePublic({
    method: 'POST',
    path: `/${workspace}/oauth2/token`,
    query: '',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: writeBasic(client, secret),
    },
    rawHeaders: [],
    body: Buffer.from(encodeForm([['grant_type', 'client_credentials']])),
    address: '127.0.0.1',
  })
  return response.status
}

const carryOut = async (client: string, step: Step, model: Model): Promise<void> => {
  const chosen = 'which' in step ? model.credentials[step.which % Math.max(1, model.credentials.length)] : undefined
  const credential = chosen?.id ?? 'nobody'
  if (step.do === 'add')
    return call('createSecret', { client }, { type: 'generated', ...(step.staged ? { staged: true } : {}) })
  if (step.do === 'start') return call('startRotation', { client }, { overlap: step.overlap })
  if (step.do === 'rotate') return call('rotateSecret', { client }, { overlap: step.overlap })
  if (step.do === 'complete') return call('completeRotation', { client }, { force: true })
  if (step.do === 'cancel') return call('cancelRotation', { client }, { force: true })
  if (step.do === 'tend') return void (await care(() => false))
  if (step.do === 'delete') return call('deleteSecret', { client, secret: credential }, undefined)
  if (step.do === 'state') {
    return call('changeCredentialState', { client, credential }, { state: step.to, overlap: step.overlap })
  }
  const patch = { frozen: step.do === 'freeze' ? clock.now() : null }
  const steps = [{ action: 'update', place: credentialPlace(client, credential), patch } as const]
  await changeSets.commit({ workspace, steps, actor: 'test', note: step.do })
}

const hour = 3600
const overlaps = fc.constantFrom(0, 60, 2 * hour, 24 * hour, 90 * 24 * hour)
const which = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), staged: fc.boolean() }),
  fc.record({
    do: fc.constant('state' as const),
    which,
    to: fc.constantFrom('staged' as const, 'live' as const, 'draining' as const, 'retired' as const),
    overlap: overlaps,
  }),
  fc.record({ do: fc.constant('delete' as const), which }),
  fc.record({ do: fc.constantFrom('freeze' as const, 'unfreeze' as const), which }),
  fc.record({ do: fc.constantFrom('start' as const, 'rotate' as const), overlap: overlaps }),
  fc.record({ do: fc.constantFrom('start' as const, 'rotate' as const), overlap: overlaps }),
  fc.record({ do: fc.constantFrom('complete' as const, 'cancel' as const, 'tend' as const) }),
)
const event = fc.record({
  step,
  /** Seconds that pass before it. */
  pass: fc.constantFrom(0, 1, 60, 2 * hour, 24 * hour, 6 * 24 * hour, 8 * 24 * hour),
  crash: fc.option(fc.record({ write: fc.nat(2), when: fc.constantFrom('before' as const, 'after' as const) })),
})

let clients = 0

/** One life of a client: every step, every crash, and after each of them who comes in. */
const live = async (events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[]): Promise<void> => {
  clients += 1
  const client = `life-${clients}`
  const permissions = [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }]
  const input = { id: client, capabilities: ['client_credentials'], permissions, secret: { type: 'generated' } }
  await call('createClient', {}, input)
  const known = new Map<string, string>()
  for (const { step, pass, crash } of events) {
    clock.time += pass * 1000
    const before = await look(client)
    for (const [id, digest] of before.digests) known.set(id, digest)
    if (crash !== null) crashAt(crash.write, crash.when)
    let refused = false
    try {
      await carryOut(client, step, before)
    } catch (error) {
      refused = error instanceof ChangeRefused
      assert.ok(refused || crash !== null, `${step.do}: ${String(error)}`)
    }
    const crashed = calm()
    if (crashed) {
      await app.close().catch(() => {})
      calm()
      app = makeApp()
    }
    const found = await look(client)
    for (const [id, digest] of found.digests) known.set(id, digest)
    const fresh = [...found.digests.keys()].find((id) => !before.digests.has(id)) ?? 'none'
    const allowed = statesOf(before, step, fresh, clock.now()).map(comparable)
    const reached = crashed ? allowed : allowed.slice(-1)
    const matching = reached.some((one) => {
      try {
        assert.deepEqual(comparable(found), one)
        return true
      } catch {
        return false
      }
    })
    if (!matching)
      assert.deepEqual(comparable(found), reached.at(-1), `after ${JSON.stringify({ step, crash, refused })}`)
    for (const [id, digest] of known) {
      const credential = found.credentials.find((one) => one.id === id)
      const expected = credential !== undefined && mayProve(credential, clock.now()) ? 200 : 401
      assert.equal(await status(client, secrets.get(digest) ?? ''), expected, `${id} after ${JSON.stringify(step)}`)
    }
  }
  await call('deleteClient', { client }, undefined)
}

test('whatever is done to credentials and wherever it crashes, each is in the state before or after, and only live and draining ones prove', async () => {
  await fc.assert(fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), live), { numRuns: 120 })
})
