import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { OAuthError } from '@mintmark/protocol'
import type { Decision } from '../src/authorize-request.ts'
import { type ProtectOptions, protect } from '../src/protect.ts'
import { apiRequest, audience, localIssuer, start } from './local-issuer.ts'

/** An API that verifies offline, with an issuer and clocks of the test. */
export async function setUpOffline(context: TestContext, options: Partial<ProtectOptions> = {}) {
  const issuer = await localIssuer(context)
  const clock = { wall: start * 1_000, monotonic: 0 }
  const refusals: OAuthError[] = []
  const troubles: unknown[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    currentTime: () => clock.wall,
    now: () => clock.monotonic,
    onRefusal: (error) => refusals.push(error),
    onTrouble: (error) => troubles.push(error),
    ...options,
  })
  const ask = (token: string, scopes: readonly string[] = ['api:read']) =>
    api.authorize(apiRequest('/read', `Bearer ${token}`), scopes)
  return { ...issuer, api, ask, clock, refusals, troubles }
}

/** Checks the one answer that every bad token gets, and what the operator hears. */
export function refusedToken(decision: Decision, refusals: OAuthError[], check?: string) {
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 401)
  assert.equal(
    decision.headers['WWW-Authenticate'],
    `Bearer realm="${audience}", error="invalid_token", error_description="The access token is not valid."`,
  )
  assert.deepEqual(JSON.parse(decision.body), {
    error: 'invalid_token',
    error_description: 'The access token is not valid.',
  })
  const refusal = refusals.pop()
  if (check !== undefined) assert.equal(refusal?.check, check)
}

/** Checks the answer to what cannot be decided. */
export function undecided(decision: Decision) {
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 503)
  assert.equal(decision.headers['Retry-After'], '5')
  assert.equal(JSON.parse(decision.body).error, 'temporarily_unavailable')
}
