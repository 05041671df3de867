import type { TestContext } from 'node:test'
import type { OAuthError } from '@mintmark/protocol'
import type { Decision } from '../src/authorize-request.ts'
import { type ProtectOptions, protect } from '../src/protect.ts'
import { apiRequest, audience, localIssuer, start } from './local-issuer.ts'

export type Issuer = Awaited<ReturnType<typeof localIssuer>>

/** An API with the issuers a test makes of two, and clocks of the test. */
export async function setUpIssuers(
  context: TestContext,
  issuersOf: (one: Issuer, two: Issuer) => ProtectOptions['issuer'],
  options: Partial<ProtectOptions> = {},
) {
  const one = await localIssuer(context)
  const two = await localIssuer(context)
  const refusals: OAuthError[] = []
  const clock = { wall: start * 1_000, monotonic: 0 }
  const api = protect({
    issuer: issuersOf(one, two),
    audience,
    currentTime: () => clock.wall,
    now: () => clock.monotonic,
    onRefusal: (error) => refusals.push(error),
    ...options,
  })
  for (const { state, claims } of [one, two]) state.introspect = () => ({ body: { active: true, ...claims() } })
  const ask = (token: string) => api.authorize(apiRequest('/read', `Bearer ${token}`), ['api:read'])
  return { one, two, api, ask, refusals, clock }
}

export const status = (decision: Decision) => (decision.allowed ? 200 : decision.status)
