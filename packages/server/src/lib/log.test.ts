import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLog, failure, type LogLevel } from './log.ts'
import { printable } from './printable.ts'

const collect = (level: LogLevel = 'debug', form: 'json' | 'short' = 'json') => {
  const written: string[] = []
  const log = createLog({ level, form, output: { write: (line) => written.push(line) } })
  return { log, written }
}

/** What ends a line somewhere: for JSON readers, terminals and Unicode. */
const lineEnd = /[\r\n\v\f\u0085\u2028\u2029]/u

test('a line is one JSON object with time, level, message and details', () => {
  const { log, written } = collect()
  log.info('started', { port: 6749, url: 'http://localhost', absent: undefined })
  const line = JSON.parse(written[0] ?? '') as Record<string, unknown>
  assert.match(String(line.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.deepEqual(
    { ...line, time: '' },
    { time: '', level: 'info', message: 'started', port: 6749, url: 'http://localhost' },
  )
})

test('SEC-228: no text from a request ends a line or begins another', () => {
  const { log, written } = collect()
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          '\r\n{"level":"info","message":"fake"}',
          '\u001b[2J',
          '\u2028{"level":"error"}',
          '\u009b31m',
          '\ud800',
        ),
      ),
      (text) => {
        written.length = 0
        log.info('refused', { client: text })
        const [line = '', ...others] = written
        assert.deepEqual(others, [])
        assert.ok(line.endsWith('\n') && !lineEnd.test(line.slice(0, -1)))
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is what we test
        assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f]/)
        const parsed = JSON.parse(line) as Record<string, unknown>
        assert.deepEqual([parsed.level, parsed.message], ['info', 'refused'])
      },
    ),
  )
})

test('SEC-226: what looks like a secret or a token is never written, wherever it was put', () => {
  for (const secret of [
    'mmk_cs_3kTMd9z8Q7aXcVbN1mLkJhGfDsAqWeRtYuIoP0123456',
    'mmk_at_3kTMd9z8Q7aXcVbN1mLkJhGfDsAqWeRtYuIoP0123456',
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2EifQ.c2lnbmF0dXJl',
    'Basic Y2I6c2VjcmV0LXNlY3JldA==',
    'Bearer opaque-token-of-another',
    '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49',
  ]) {
    const { log, written } = collect()
    log.error('failed', { received: `"${secret}" is not valid`, ...failure(new SyntaxError(`at ${secret}`)) })
    const line = written.join('')
    assert.match(line, /\[redacted\]/)
    for (const part of secret.split(/[ .\n]/).filter((each) => each.length > 12)) assert.ok(!line.includes(part), line)
  }
  assert.equal(printable('billing client 7, basic plan'), 'billing client 7, basic plan')
})

test('an error is logged by type and message, without its stack or members', () => {
  const { log, written } = collect()
  log.error('failed', failure(Object.assign(new TypeError('no such thing'), { secret: 'hidden-member' })))
  const line = JSON.parse(written[0] ?? '') as Record<string, unknown>
  assert.deepEqual([line.errorType, line.errorMessage], ['TypeError', 'no such thing'])
  assert.doesNotMatch(written.join(''), /hidden-member|log\.test/)
})

test('lines below the level are not written, and silent writes none', () => {
  const { log, written } = collect('warn')
  log.debug('no')
  log.info('no')
  log.warn('yes')
  assert.equal(log.debugging, false)
  assert.equal(written.length, 1)
  const silent = collect('silent')
  silent.log.error('no')
  assert.equal(silent.written.length, 0)
})

test('the short form is one line for people', () => {
  const { log, written } = collect('info', 'short')
  log.warn('refused', { error: 'invalid_client', reference: 'abc' })
  assert.match(written[0] ?? '', /^\d\d:\d\d:\d\d warn {2}refused error=invalid_client reference=abc\n$/)
})
