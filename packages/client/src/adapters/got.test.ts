import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import got, { HTTPError } from 'got'
import { type CannedAnswer, cannedServer } from '../../test/local-server.ts'
import { tokenSource } from '../token-source.ts'
import { authorizedGot } from './got.ts'

async function setUp(context: TestContext, answer: (count: number) => CannedAnswer) {
  const as = await cannedServer(context, (_, count) => ({
    body: { access_token: `c4naryT0ken${count}`, token_type: 'Bearer' },
  }))
  const api = await cannedServer(context, (_, count) => answer(count))
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  return { as, api, source, instance: got.extend(authorizedGot(source, { origins: [api.url] })) }
}

test('got.stream is not repeated, and the next one has a new token', async (context) => {
  const { api, source, instance } = await setUp(context, (count) => (count === 1 ? { status: 401 } : { body: 'said' }))
  await assert.rejects(text(instance.stream(api.url)), (error) => error instanceof HTTPError)
  await source.token()
  assert.equal(await text(instance.stream(api.url)), 'said')
  assert.deepEqual(
    api.requests.map(({ headers }) => headers.authorization),
    ['Bearer c4naryT0ken1', 'Bearer c4naryT0ken2'],
  )
})

test('json and form are sent again as they were', async (context) => {
  const bodies: [object, string][] = [
    [{ json: { b: 2 } }, '{"b":2}'],
    [{ form: { c: '3' } }, 'c=3'],
  ]
  for (const [options, sent] of bodies) {
    const { api, instance } = await setUp(context, (count) => (count === 1 ? { status: 401 } : { body: { a: 1 } }))
    assert.deepEqual(await instance.post(api.url, options).json(), { a: 1 })
    assert.deepEqual(
      api.requests.map(({ body }) => body),
      [sent, sent],
    )
  }
})

test('SEC-275: an error of got does not show the token', async (context) => {
  for (const status of [401, 403, 404]) {
    const { api, instance } = await setUp(context, () => ({ status }))
    const error: unknown = await instance(api.url).catch((failure) => failure)
    assert.ok(error instanceof HTTPError)
    assert.equal(error.response.statusCode, status)
    assert.doesNotMatch(inspect(error, { depth: 10 }) + JSON.stringify(error), /c4naryT0ken/)
    assert.match(api.requests[0]?.headers.authorization ?? '', /c4naryT0ken/)
  }
})

test('requests that got repeats by itself carry the token again', async (context) => {
  const { api, instance } = await setUp(context, (count) => (count === 1 ? { status: 503 } : { body: 'said' }))
  const answer = await instance(api.url, {
    retry: { limit: 1, calculateDelay: ({ computedValue }) => computedValue && 1 },
  })
  assert.equal(answer.body, 'said')
  assert.ok(api.requests.every(({ headers }) => headers.authorization === 'Bearer c4naryT0ken1'))
})

test('SEC-275: an answer of got does not show the token, repeated or not', async (context) => {
  for (const refusals of [0, 1]) {
    const { api, instance } = await setUp(context, (count) => ({ status: count <= refusals ? 401 : 200 }))
    const answers: unknown[] = [await instance(api.url)]
    const stream = instance.stream(api.url)
    stream.on('response', (response) => answers.push(response))
    await text(stream)
    assert.equal(answers.length, 2)
    for (const answer of answers) assert.doesNotMatch(inspect(answer, { depth: 10 }), /c4naryT0ken/)
    assert.ok(api.requests.every(({ headers }) => headers.authorization?.startsWith('Bearer c4naryT0ken')))
  }
})
