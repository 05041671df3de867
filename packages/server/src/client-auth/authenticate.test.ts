import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError, parseForm } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import { silentLog } from '../lib/log.ts'
import type { HttpRequest } from '../lib/message.ts'
import { createSystemRandom } from '../lib/random.ts'
import type { Registry } from '../registry/registry.ts'
import { createAuthenticator } from './authenticate.ts'
import { createThrottle, defaultFailureLimits } from './throttle.ts'

const client = (more: object = {}): Client =>
  ({
    id: 'job',
    enabled: true,
    authenticationMethods: ['slow'],
    allowedAddresses: [],
    credentials: [{ id: 'a' }],
    ...more,
  }) as unknown as Client

const request = { headers: {}, rawHeaders: [], address: '127.0.0.1' } as unknown as HttpRequest

/** Authenticates by a method that proves credential `a` of any client that has it, when it is told to. */
const start = (registered: Client | undefined) => {
  let now = registered
  let proofs = 0
  const slow = Promise.withResolvers<void>()
  const authenticate = createAuthenticator({
    methods: [
      {
        name: 'slow',
        present: () => ({
          clientId: 'job',
          prove: async (found) => {
            proofs += 1
            await slow.promise
            return found?.credentials.find(({ id }) => id === 'a')?.id
          },
        }),
      },
    ],
    registry: { client: () => now, workspace: () => undefined } as unknown as Registry,
    throttle: createThrottle({
      limits: defaultFailureLimits,
      elapsed: () => 0,
      random: createSystemRandom(),
      record: async () => {},
      log: silentLog,
      count: () => {},
    }),
    noteUse: () => {},
  })
  const outcome = authenticate('acme/cases', request, parseForm(''), () => {}).then(
    ({ credentialId }) => credentialId,
    (error: unknown) => (error instanceof OAuthError ? `${error.code} ${error.check}` : String(error)),
  )
  return {
    register: (changed: Client | undefined) => {
      now = changed
    },
    finish: () => {
      slow.resolve()
      return outcome
    },
    proofs: () => proofs,
  }
}

test('SEC-053: what is disabled, removed or deleted while a slow hash is computed comes in no more', async () => {
  for (const [changed, expected] of [
    [client(), 'a'],
    [client({ enabled: false }), 'invalid_client client-enabled'],
    [client({ credentials: [{ id: 'b' }] }), 'invalid_client credential-proven'],
    [client({ allowedAddresses: ['192.0.2.1'] }), 'invalid_client address-allowed'],
    [undefined, 'invalid_client client-known'],
  ] as const) {
    const attempt = start(client())
    attempt.register(changed)
    assert.equal(await attempt.finish(), expected)
  }
})

test('a client that did not change is proven once', async () => {
  // One that is not kept as an object is another one each time.
  const attempt = start(client())
  attempt.register(client())
  assert.equal(await attempt.finish(), 'a')
  assert.equal(attempt.proofs(), 1)
  const changed = start(client())
  changed.register(client({ credentials: [{ id: 'a' }, { id: 'b' }] }))
  assert.equal(await changed.finish(), 'a')
  assert.equal(changed.proofs(), 2)
  assert.equal(await start(undefined).finish(), 'invalid_client client-known')
})
