import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialTrace } from '@mintmark/protocol/admin'
import { gatherTrace } from './gather-trace.ts'

const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`

const piece = (second: number, address: string, next?: string): CredentialTrace => ({
  tokens: { count: 2, first: at(second), last: at(second + 1) },
  refusals: 1,
  apis: [{ api: 'weather', scope: 'read', count: 2, first: at(second), last: at(second + 1) }],
  addresses: [{ address, count: 2, first: at(second), last: at(second + 1) }],
  live: [],
  liveCount: 0,
  until: at(9),
  ...(next === undefined ? {} : { next }),
})

test('the pieces of a trace add up, each asked for once', async () => {
  const pieces = new Map([
    ['', piece(6, 'a', '1')],
    ['1', { ...piece(4, 'b', '2'), tokens: undefined } as unknown as CredentialTrace],
    ['2', piece(2, 'a')],
  ])
  const asked: string[] = []
  const trace = await gatherTrace(
    {
      traceCredential: async (_place, query) => {
        const after = query?.after ?? ''
        asked.push(after)
        return pieces.get(after) as CredentialTrace
      },
    },
    { workspace: 'acme/cases', client: 'c', credential: 's' },
    at(0),
    { update: () => {}, finish: () => {} },
  )
  assert.deepEqual(asked, ['', '1', '2'])
  assert.deepEqual(trace.tokens, { count: 4, first: at(2), last: at(7) })
  assert.equal(trace.refusals, 3)
  assert.deepEqual(trace.apis, [{ api: 'weather', scope: 'read', count: 6, first: at(2), last: at(7) }])
  assert.deepEqual(
    trace.addresses.map(({ address, count, first, last }) => [address, count, first, last]),
    [
      ['a', 4, at(2), at(7)],
      ['b', 2, at(4), at(5)],
    ],
  )
  assert.equal('next' in trace, false)
})
