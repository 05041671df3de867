import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { TokenError } from '../src/errors.ts'
import type { TokenEvent } from '../src/token-event.ts'
import { type TokenSourceOptions, tokenSource } from '../src/token-source.ts'
import { type CannedAnswer, cannedServer, type SeenRequest } from './local-server.ts'

export const clientSecret = 'mmk_cs_s3cretValue'
export const tokenAnswer = (count: number, more: Record<string, unknown> = {}): CannedAnswer => ({
  body: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 60, ...more },
})

/** A token endpoint, a source for it, and a clock and waits in the hands of the test. */
export async function setUp(
  context: TestContext,
  answer: (count: number, request: SeenRequest) => CannedAnswer | Promise<CannedAnswer> = (count) => tokenAnswer(count),
  options: Partial<TokenSourceOptions> = {},
) {
  const server = await cannedServer(context, (request, count) => answer(count, request))
  const clock = { time: 1_000_000, ahead: 0 }
  const waits: number[] = []
  const events: TokenEvent[] = []
  const source = tokenSource({
    tokenEndpoint: `${server.url}/oauth2/token`,
    clientId: 'weather-website',
    credential: clientSecret,
    now: () => clock.time,
    currentTime: () => clock.time + clock.ahead,
    wait: async (milliseconds) => {
      waits.push(milliseconds)
      clock.time += milliseconds
    },
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { ...server, source, clock, waits, events }
}

export const fails = (code: string, more: Partial<TokenError> = {}) => {
  return (error: unknown) => {
    assert.ok(error instanceof TokenError, inspect(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(more)) assert.equal(error[name as keyof TokenError], value, name)
    return true
  }
}
