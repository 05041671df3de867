import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestServer } from '../fixtures.ts'
import { rawPost, sendRaw } from '../raw-request.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const server = await startTestServer({ after })
const token = `${server.issuer}/oauth2/token`
const path = new URL(token).pathname
const t0 = 'grant_type=client_credentials'
const basic = server.basic('cb')

const post = (body: string, headers: Readonly<Record<string, string>> = basic) =>
  server.post('/oauth2/token', body, headers)
const assertIssued = async (response: Response): Promise<void> => {
  const body = (await response.json()) as Record<string, unknown>
  assert.equal(response.status, 200, JSON.stringify(body))
  assert.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
}

test('SEC-002: other methods get 405 with Allow: POST and no token', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await fetch(`${token}?${t0}`, { method, headers: basic })
    assert.equal(response.status, 405, method)
    assert.equal(response.headers.get('allow'), 'POST')
    assert.match(response.headers.get('cache-control') ?? '', /no-store/)
    assert.ok(!(await response.text()).includes('access_token'))
  }
})

test('SEC-005: a JSON body is no token request', async () => {
  const before = await issuedCount(server)
  const response = await post('{"grant_type":"client_credentials"}', { ...basic, 'content-type': 'application/json' })
  await assertRefused(response, 415, 'invalid_request')
  const formInJson = await post(t0, { ...basic, 'content-type': 'application/json' })
  await assertRefused(formInJson, 415, 'invalid_request')
  assert.equal(await issuedCount(server), before)
})

test('SEC-006: a body without Content-Type is refused', async () => {
  const request = rawPost(path, [`Authorization: ${basic.authorization}`], t0)
  const response = await sendRaw(token, request)
  assert.equal(response.status, 415)
  assert.equal((JSON.parse(response.body) as { error: string }).error, 'invalid_request')
})

test('SEC-007: parameters and case of the Content-Type do not matter', async () => {
  for (const type of [
    'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    'application/x-www-form-urlencoded;charset=utf-8',
    'APPLICATION/X-WWW-FORM-URLENCODED',
    'application/x-www-form-urlencoded ; boundary=x',
  ]) {
    await assertIssued(await post(t0, { ...basic, 'content-type': type }))
  }
})

test('SEC-009: multipart, text and lookalikes are refused', async () => {
  const part = '--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--\r\n'
  for (const [type, body] of [
    ['multipart/form-data; boundary=x', part],
    ['text/plain', t0],
    ['application/x-www-form-urlencoded-not', t0],
    ['xapplication/x-www-form-urlencoded', t0],
    ['application/*', t0],
    ['application/x-www-form-urlencoded, text/plain', t0],
  ] as const) {
    await assertRefused(await post(body, { ...basic, 'content-type': type }), 415, 'invalid_request')
  }
})

test('SEC-010: parameters in the URI are no parameters, credentials in it prove nothing', async () => {
  const inQuery = await server.post(`/oauth2/token?${t0}`, '', basic)
  await assertRefused(inQuery, 400, 'invalid_request')
  const credentials = `client_id=cb&client_secret=${server.secrets.cb}`
  await assertRefused(await server.post(`/oauth2/token?${credentials}`, t0), 401, 'invalid_client')
  await assertIssued(await server.post('/oauth2/token?scope=api:write', t0, basic))
})

test('SEC-013: grant_type twice is refused', async () => {
  await assertRefused(await post(`${t0}&${t0}`), 400, 'invalid_request')
})

test('SEC-014: scope twice is refused, equal or not, and nothing is issued', async () => {
  const before = await issuedCount(server)
  for (const scope of ['scope=api:read&scope=api:read', 'scope=api:read&scope=api:write', 'scope=&scope=api:read']) {
    const response = await post(`${t0}&${scope}`)
    assert.equal((await refusalEvent(server, response)).check, 'parameter-repeated')
    await assertRefused(response, 400, 'invalid_request')
  }
  assert.equal(await issuedCount(server), before)
})

test('any parameter twice is refused, known or not; encoded names are the same names', async () => {
  for (const more of ['foo=1&foo=1', 'client_id=cb&client_id=cb', '%73cope=api:read&scope=api:read', 'x&x']) {
    await assertRefused(await post(`${t0}&${more}`), 400, 'invalid_request')
  }
})

test('SEC-016: unknown parameters are ignored', async () => {
  await assertIssued(await post(`${t0}&foo=bar&utm_source=x&username=root&redirect_uri=http://evil&expires_in=99999`))
})

test('a parameter without a value counts as absent', async () => {
  await assertIssued(await post(`${t0}&scope=&resource=&foo`))
  await assertRefused(await post('grant_type='), 400, 'invalid_request')
})

test('SEC-018: names and values are case-sensitive', async () => {
  await assertRefused(await post('Grant_Type=client_credentials'), 400, 'invalid_request')
  await assertRefused(await post('grant_type=Client_Credentials'), 400, 'unsupported_grant_type')
  await assertRefused(await post('grant_type=client_credentials%20'), 400, 'unsupported_grant_type')
  await assertRefused(await post('grant_type[]=client_credentials'), 400, 'invalid_request')
})

test('SEC-020: names of JavaScript objects are names like others', async () => {
  const hostile =
    '__proto__=x&__proto__[polluted]=1&constructor=1&constructor[prototype][polluted]=1&hasOwnProperty=1&toString=1'
  await assertIssued(await post(`${t0}&${hostile}`))
  await assertIssued(await post(t0))
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
  await assertRefused(await post('grant_type=__proto__'), 400, 'unsupported_grant_type')
  await assertRefused(await post(`${t0}&scope=__proto__`), 400, 'invalid_scope')
  for (const id of ['__proto__', 'constructor', 'toString']) {
    await assertRefused(await post(t0, server.basic(id, 'x')), 401, 'invalid_client')
  }
})

test('SEC-022: malformed percent-encoding and invalid UTF-8 are refused, not repaired', async () => {
  for (const body of [
    `${t0}&scope=%zz`,
    `${t0}&scope=%ff%fe`,
    `${t0}&client_id=%c0%ae`,
    `${t0}&scope=%`,
    `${t0}&scope=%e`,
    `${t0}&%ff=1`,
    `${t0}&scope=%ed%a0%80`,
  ]) {
    await assertRefused(await post(body), 400, 'invalid_request')
  }
  const bytes = Buffer.concat([Buffer.from(`${t0}&scope=`), Buffer.from([0xff, 0xfe])])
  const response = await fetch(token, {
    method: 'POST',
    headers: { ...basic, 'content-type': 'application/x-www-form-urlencoded' },
    body: bytes,
  })
  await assertRefused(response, 400, 'invalid_request')
})

test('SEC-024: a body over the limit is refused before it is read whole, with a length and without', async () => {
  const pad = `${t0}&pad=${'x'.repeat(1_048_576)}`
  const headers = [`Authorization: ${basic.authorization}`, 'Content-Type: application/x-www-form-urlencoded']
  const announced = await sendRaw(token, rawPost(path, headers, pad))
  assert.equal(announced.status, 413)
  assert.equal((JSON.parse(announced.body) as { error: string }).error, 'invalid_request')
  const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
  const chunked = await sendRaw(
    token,
    [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: chunked', ...headers, '', chunk.repeat(32)].join(
      '\r\n',
    ),
  )
  assert.equal(chunked.status, 413)
  await assertIssued(await post(`${t0}&pad=${'x'.repeat(16_000)}`))
})

test('SEC-024: fifty such requests at once leave no trace in memory', async () => {
  const big = Buffer.alloc(1_048_576, 'x')
  const send = async () => {
    try {
      const response = await fetch(token, {
        method: 'POST',
        headers: { ...basic, 'content-type': 'application/x-www-form-urlencoded' },
        body: big,
      })
      await response.body?.cancel()
      return response.status
    } catch {
      return 413 // the connection was closed while we still wrote
    }
  }
  const statuses = await Promise.all(Array.from({ length: 50 }, send))
  assert.deepEqual(new Set(statuses), new Set([413]))
  await assertIssued(await post(t0))
})

test('SEC-028: very many parameters are refused in no time', async () => {
  const many = Array.from({ length: 5000 }, (_, index) => `p${index}`).join('&')
  const body = `${t0}&${many}`.slice(0, 16_000)
  const began = performance.now()
  await assertRefused(await post(body), 400, 'invalid_request')
  assert.ok(performance.now() - began < 5000)
})

test('SEC-030: refusals are not cacheable, on every endpoint', async () => {
  for (const endpoint of ['token', 'introspect', 'revoke']) {
    for (const [body, headers] of [
      [t0, server.basic('cb', 'wrong')],
      [`${t0}&scope=%zz`, basic],
      ['', basic],
    ] as const) {
      const response = await server.post(`/oauth2/${endpoint}`, body, headers)
      assert.ok(response.status >= 400)
      assert.match(response.headers.get('cache-control') ?? '', /no-store/)
      assert.equal(response.headers.get('pragma'), 'no-cache')
    }
  }
})

test('SEC-032: no CORS', async () => {
  const origin = { origin: 'https://evil.test', 'access-control-request-method': 'POST' }
  const preflight = await fetch(token, { method: 'OPTIONS', headers: origin })
  const request = await post(t0, { ...basic, ...origin })
  for (const response of [preflight, request]) {
    assert.ok(![...response.headers.keys()].some((name) => name.startsWith('access-control-')))
    await response.body?.cancel()
  }
})

test('nothing of a request comes back in its refusal', async () => {
  const mark = 'echo7f3a'
  for (const [body, headers] of [
    [`grant_type=${mark}`, basic],
    [`${t0}&scope=${mark}`, basic],
    [`${t0}&resource=https://${mark}.test`, basic],
    [`${t0}&client_id=${mark}`, basic],
    [t0, server.basic(mark, mark)],
    [t0, { ...basic, 'content-type': `text/${mark}` }],
  ] as const) {
    const response = await post(body, headers)
    assert.ok(response.status >= 400)
    const text = JSON.stringify([...response.headers]) + (await response.text())
    assert.ok(!text.includes(mark), text)
  }
})

test('paths that only look like the endpoint are not the endpoint', async () => {
  for (const lookalike of [
    '/acme/cases/oauth2/token/',
    '/acme//cases/oauth2/token',
    '/acme/cases/oauth2//token',
    '/acme/cases/oauth2/./token',
    '/acme/cases/oauth2%2ftoken',
    '/acme/cases/oauth2/Token',
    '/acme%2fcases/oauth2/token',
    '/acme/cases/../cases/oauth2/token',
    '/acme/none/oauth2/token',
    '/system/admin/oauth2/token',
    '/oauth2/token',
  ]) {
    const headers = [`Authorization: ${basic.authorization}`, 'Content-Type: application/x-www-form-urlencoded']
    const response = await sendRaw(token, rawPost(lookalike, headers, t0))
    assert.equal(response.status, 404, lookalike)
  }
})
