import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startServerUnderTest, type Way } from './server-under-test.ts'
import { conformanceSuite } from './suite.ts'

// The FAPI 2.0 Security Profile plan of the OpenID conformance suite, client credentials, by every method and binding there
// is. It runs where a suite runs: MINTMARK_CONFORMANCE_SUITE is the URL of its HTTP API. docs/conformance-fapi.md has the
// results.

const url = process.env.MINTMARK_CONFORMANCE_SUITE
const ways: readonly Way[] = [
  { method: 'private_key_jwt', binding: 'dpop', nonces: false },
  { method: 'private_key_jwt', binding: 'dpop', nonces: true },
  { method: 'private_key_jwt', binding: 'mtls', nonces: false },
  { method: 'mtls', binding: 'dpop', nonces: false },
  { method: 'mtls', binding: 'dpop', nonces: true },
  { method: 'mtls', binding: 'mtls', nonces: false },
]

if (!url) test('needs MINTMARK_CONFORMANCE_SUITE', { skip: 'no conformance suite is named' }, () => {})
else {
  const suite = conformanceSuite(url)
  const makeWorkspace = await startServerUnderTest()
  for (const way of ways) {
    const { method, binding, nonces } = way
    const variant = {
      fapi_profile: 'fapi_client_credentials_grant',
      client_auth_type: method,
      sender_constrain: binding,
      openid: 'plain_oauth',
      authorization_request_type: 'simple',
    }
    const plan = await suite.makePlan('fapi2-security-profile-final-test-plan', variant, await makeWorkspace(way))
    describe(`FAPI 2.0, client credentials: ${method}, bound by ${binding}${nonces ? ', with nonces' : ''}`, () => {
      for (const module of plan.modules) {
        test(module.name, async (context) => {
          const { status, result, log } = await plan.run(module.name, module.variant)
          const faults = log.filter((entry) => entry.result === 'FAILURE' || entry.result === 'WARNING')
          for (const { _id, testId, testOwner, time, blockId, ...fault } of faults)
            context.diagnostic(JSON.stringify(fault))
          context.diagnostic(`${status} ${result}`)
          assert.deepEqual([status, result], ['FINISHED', 'PASSED'])
        })
      }
    })
  }
}
