import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails, setUp, tokenAnswer } from '../test/local-source.ts'
import { retryAfter } from './request-json.ts'

test('SEC-268: Retry-After may be a date, which counts from the Date of the answer', async (context) => {
  const headers = { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT' }
  const { source, waits } = await setUp(context, (count) =>
    count === 1 ? { status: 503, headers } : tokenAnswer(count),
  )
  assert.equal((await source.token()).value, 'token-2')
  assert.equal(waits.length, 1)
  assert.ok(Math.abs((waits[0] ?? 0) - 3_300) < 1e-6)
})

test('SEC-268: Retry-After is read as RFC 9110 has it, and anything else counts as none', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 37)
  const read = (value: string, date?: string) =>
    retryAfter(new Headers({ 'retry-after': value, ...(date === undefined ? {} : { date }) }), now)
  assert.equal(read('0'), 0)
  assert.equal(read(' 120 '), 120)
  assert.equal(read('Sun, 06 Nov 1994 08:50:37 GMT'), 60)
  assert.equal(read('Sun, 06 Nov 1994 08:48:37 GMT'), 0)
  assert.equal(read('Sun, 06 Nov 1994 08:50:37 GMT', 'Sun, 06 Nov 1994 08:50:07 GMT'), 30)
  assert.equal(read('Sun, 06 Nov 1994 08:50:37 GMT', 'yesterday'), 60)
  for (const other of [
    '',
    '-1',
    '1.5',
    '1e3',
    '9999999999',
    'soon',
    '1994-11-06T08:49:37Z',
    'Sun, 99 Xyz 1994 08:49:37 GMT',
  ]) {
    assert.equal(read(other), undefined, other)
  }
  assert.equal(retryAfter(new Headers(), now), undefined)
})

test('SEC-268: no attempt begins that the deadline does not leave time for', async (context) => {
  const { source, waits, requests, clock } = await setUp(
    context,
    () => ({ status: 503, headers: { 'retry-after': '4' } }),
    { deadline: 10_000, attempts: 10, random: () => 0 },
  )
  const start = clock.time
  await assert.rejects(source.token(), fails('unavailable', { retryAfter: 4 }))
  assert.deepEqual(waits, [4_000, 4_000])
  assert.equal(requests.length, 3)
  assert.ok(clock.time - start <= 10_000)
})

test('the deadline holds whatever the fetch does with its signal', async (context) => {
  const { source } = await setUp(context, undefined, { fetch: () => new Promise(() => undefined), deadline: 20 })
  await assert.rejects(source.token(), fails('timeout'))
})

test('a server that is busy by its word and not by its status is tried again', async (context) => {
  const { source, requests } = await setUp(context, (count) =>
    count === 1 ? { status: 400, body: { error: 'temporarily_unavailable' } } : tokenAnswer(count),
  )
  await source.token()
  assert.equal(requests.length, 2)
})

test('a certificate that is not trusted is no reason to try again', async (context) => {
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ]) {
    const cause = Object.assign(new Error('untrusted'), { code })
    const { source, waits } = await setUp(context, undefined, {
      fetch: () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause })),
    })
    await assert.rejects(source.token(), fails('untrusted_certificate', { temporary: false }))
    assert.deepEqual(waits, [])
  }
})

test('further parameters go with the request, and those with a meaning of their own are refused', async (context) => {
  const { source, requests } = await setUp(context, undefined, {
    parameters: { audience: 'https://a.example', b: 'c' },
  })
  await source.token()
  assert.equal(requests[0]?.body, 'grant_type=client_credentials&audience=https%3A%2F%2Fa.example&b=c')
  for (const name of ['grant_type', 'scope', 'resource', 'client_id', 'client_secret', 'client_assertion']) {
    await assert.rejects(setUp(context, undefined, { parameters: { [name]: 'x' } }), fails('invalid_configuration'))
  }
})
