import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, failure } from './log.ts'

const lines = (): [string[], (line: string) => void] => {
  const written: string[] = []
  return [written, (line) => void written.push(line)]
}

test('a line is one JSON object, whatever it is told', () => {
  const [written, write] = lines()
  const log = createLog('info', write, () => 0)
  log.info('refused', { path: '/a\r\n{"level":"error"}\u2028\u202e', status: 403, host: undefined })
  assert.equal(written.length, 1)
  assert.equal(written[0]?.trimEnd().includes('\n'), false)
  assert.deepEqual(JSON.parse(written[0] ?? ''), {
    level: 'info',
    time: '1970-01-01T00:00:00.000Z',
    message: 'refused',
    path: '/a\uFFFD\uFFFD{"level":"error"}\uFFFD\uFFFD',
    status: 403,
  })
})

test('what looks like a secret or token is not written', () => {
  const [written, write] = lines()
  const log = createLog('debug', write)
  const secrets = [
    'mmk_at_0123456789abcdef',
    'mmk_cs_0123456789abcdef',
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln',
    'Bearer abcdefghijkl',
    'Basic dXNlcjpwYXNz',
  ]
  for (const secret of secrets) log.warn('refused', { path: `/a/${secret}`, received: secret })
  log.error('failed', failure(new Error(secrets.join(' '))))
  for (const secret of secrets) assert.ok(!written.join('').includes(secret.split(' ').at(-1) ?? ''), secret)
})

test('less severe lines than asked for are not written', () => {
  const [written, write] = lines()
  for (const level of ['warn', 'silent'] as const) {
    const log = createLog(level, write)
    log.debug('no')
    log.info('no')
    log.warn(level)
  }
  assert.equal(written.length, 1)
})
