import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from '../options.ts'
import { gatewayPart } from './gateway-part.ts'

test('the part of the gateway asks both and judges the verifier', { timeout: 60_000 }, async () => {
  const options = readOptions(['--gateway', '--rounds', '1', '--seconds', '0.1', '--concurrency', '2'])
  assert.ok(options !== 'help')
  const { text, verdicts } = await gatewayPart(options, () => undefined)
  assert.match(text, /bare node:http/)
  assert.match(text, /mintmark gateway/)
  assert.deepEqual(
    verdicts.map(({ target }) => target),
    ['asking the gateway verifier: p50 under 0.3 ms'],
  )
})
