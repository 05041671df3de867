import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { arrivedIn, bearer, valuesOf } from './arrived.ts'
import { reportsAudience } from './guarded-workspace.ts'
import type { Stage } from './stage.ts'

/** Tokens that are swapped and revoked, issuers and verifiers that are away. */
export const stateContract = ({ front, ask, askInVain, workspace, stopVerifier, startVerifier }: Stage): void => {
  test('an opaque token arrives as a JWT that the API verifies, until it is revoked', async () => {
    const { issuer, jwksUri, revoke, token } = workspace
    const opaque = await token('shop', 'reports:read')
    assert.match(opaque, /^mmk_at_/)
    const arrived = arrivedIn(await ask({ target: '/reports/1', headers: bearer(opaque) }))
    assert.equal(JSON.stringify(arrived).includes(opaque), false)
    const [value = ''] = valuesOf(arrived, 'authorization')
    const jwt = value.replace(/^Bearer /, '')
    const { payload } = await jwtVerify(jwt, createRemoteJWKSet(new URL(jwksUri)), {
      issuer,
      audience: reportsAudience,
    })
    assert.deepEqual([payload.client_id, payload.scope], ['shop', 'reports:read'])
    await revoke('shop', opaque)
    const { status, headers } = await askInVain({ target: '/reports/1', headers: bearer(opaque) })
    assert.equal(status, 401)
    assert.match(String(headers['www-authenticate']), /error="invalid_token"/)
  })

  test('what cannot be decided is 503, and says when to come again', async () => {
    const { status, headers, body } = await askInVain({ target: '/orders/1', headers: bearer('dead_1234567890') })
    assert.deepEqual([status, headers['retry-after'], headers['cache-control']], [503, '5', 'no-store'])
    assert.equal(JSON.parse(body).error, 'temporarily_unavailable')
  })

  test('while the verifier is away nothing gets through; when it is back, everything does', {
    skip: front.statusWithoutVerifier === undefined && 'it is its own verifier',
  }, async () => {
    const token = await workspace.token('shop', 'orders:read')
    const request = { target: '/orders/1', headers: bearer(token) }
    await stopVerifier()
    assert.equal((await askInVain(request)).status, front.statusWithoutVerifier)
    assert.equal((await askInVain({ target: '/public' })).status, front.statusWithoutVerifier)
    await startVerifier()
    assert.equal((await ask(request)).status, 200)
  })
}
