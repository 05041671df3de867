import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRecordingApi } from './contract/recording-api.ts'
import { haproxy, startHaproxy } from './haproxy.ts'

test('HAProxy lets nothing through when the action that asks breaks', {
  skip: await haproxy.skip(),
}, async (context) => {
  const api = await startRecordingApi()
  context.after(() => api.close())
  const broken = { 'if not asked or answer == nil then': "error('broken') if not asked then" }
  const running = await startHaproxy({ verifierUrl: api.url, upstreamUrl: api.url }, broken)
  context.after(() => running.stop())
  const answer = await fetch(`${running.url}/orders/1`)
  assert.deepEqual([answer.status, await answer.json()], [503, { error: 'temporarily_unavailable' }])
  assert.match(running.output(), /runtime error/)
  assert.deepEqual(
    api.arrivals.filter(({ target }) => target === '/orders/1'),
    [],
  )
})
