import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { listen, readBody } from '../../../client/test/local-server.ts'
import { audience, localIssuer, start } from '../../test/local-issuer.ts'
import { type ProtectedApi, protect } from '../protect.ts'
import { protectFetch } from './fetch.ts'
import { protectListener } from './node-http.ts'

interface Answer {
  readonly status: number
  readonly challenge: string | undefined
  readonly body: string
}

type Ask = (path: string, lines: readonly string[], init?: { method: string; body: string }) => Promise<Answer>

/** The fixture of the cases: /read needs api:read, everything else api:write. */
async function setUp(context: TestContext) {
  const issuer = await localIssuer(context)
  const api = protect({
    issuer: issuer.issuer,
    audience,
    realm: 'api-a',
    resourceMetadata: 'https://api-a.test/.well-known/oauth-protected-resource',
    currentTime: () => start * 1_000,
  })
  const asks: [string, Ask][] = [
    ['node:http', await nodeApi(context, api)],
    ['fetch', fetchApi(api)],
  ]
  return { ...issuer, asks }
}

async function nodeApi(context: TestContext, api: ProtectedApi): Promise<Ask> {
  const read = protectListener(api, ['api:read'], (_, response, token) => void response.end(`read ${token.clientId}`))
  const write = protectListener(
    api,
    ['api:write'],
    (_, response, token) => void response.end(`write ${token.clientId}`),
  )
  const url = await listen(context, (request, response) => {
    const listener = request.url?.startsWith('/read') ? read : write
    return listener(request, response)
  })
  return async (path, lines, init) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest(`${url}${path}`, { method: init?.method ?? 'GET' }, resolve).on('error', reject)
      if (lines.length > 0) request.setHeader('authorization', lines)
      if (init !== undefined) request.setHeader('content-type', 'application/x-www-form-urlencoded')
      request.end(init?.body)
    })
    return {
      status: response.statusCode ?? 0,
      challenge: response.headers['www-authenticate'],
      body: await readBody(response),
    }
  }
}

function fetchApi(api: ProtectedApi): Ask {
  const read = protectFetch(api, ['api:read'], (_, token) => new Response(`read ${token.clientId}`))
  const write = protectFetch(api, ['api:write'], (_, token) => new Response(`write ${token.clientId}`))
  return async (path, lines, init) => {
    const headers = new Headers()
    for (const line of lines) headers.append('authorization', line)
    const response = await (path.startsWith('/read') ? read : write)(
      new Request(`https://api-a.test${path}`, { ...init, headers }),
    )
    const challenge = response.headers.get('www-authenticate') ?? undefined
    return { status: response.status, challenge, body: await response.text() }
  }
}

const where = 'resource_metadata="https://api-a.test/.well-known/oauth-protected-resource"'

test('SEC-233: the handler runs with the token', async (context) => {
  const { asks, sign } = await setUp(context)
  for (const [name, ask] of asks) {
    const answer = await ask('/read', [`Bearer ${await sign()}`])
    assert.deepEqual(answer, { status: 200, challenge: undefined, body: 'read cb' }, name)
  }
})

test('SEC-234: without a token there is a challenge that names no error', async (context) => {
  const { asks } = await setUp(context)
  for (const [name, ask] of asks) {
    for (const lines of [[], ['Basic YTpi'], ['BearerT']]) {
      const answer = await ask('/read', lines)
      assert.equal(answer.status, 401, name)
      assert.equal(answer.challenge, `Bearer realm="api-a", ${where}`)
    }
  }
})

test('SEC-236: a missing scope is 403 and named', async (context) => {
  const { asks, sign } = await setUp(context)
  for (const [name, ask] of asks) {
    const answer = await ask('/write', [`Bearer ${await sign()}`])
    assert.equal(answer.status, 403, name)
    assert.equal(
      answer.challenge,
      'Bearer realm="api-a", error="insufficient_scope", ' +
        `error_description="The access token was not granted the scope this needs.", scope="api:write", ${where}`,
    )
    assert.equal(JSON.parse(answer.body).error, 'insufficient_scope')
    assert.equal((await ask('/write', [`Bearer ${await sign({ scope: undefined })}`])).status, 403)
    assert.equal((await ask('/write', [`Bearer ${await sign({ scope: 'api:write2 xapi:write' })}`])).status, 403)
    assert.equal((await ask('/write', [`Bearer ${await sign({ scope: 'a api:write' })}`])).status, 200)
  }
})

test('SEC-237: a token in the query or the body never counts, and two are one too many', async (context) => {
  const { asks, sign } = await setUp(context)
  const token = await sign({ scope: 'api:read api:write' })
  for (const [name, ask] of asks) {
    assert.equal((await ask(`/read?access_token=${token}`, [])).status, 401, name)
    assert.equal((await ask('/write', [], { method: 'POST', body: `access_token=${token}` })).status, 401, name)
    for (const query of [`access_token=${token}`, 'a=b&access_token=', 'access%5Ftoken=x']) {
      const answer = await ask(`/read?${query}`, [`Bearer ${token}`])
      assert.equal(answer.status, 400, name)
      assert.match(answer.challenge ?? '', /error="invalid_request"/)
      assert.ok(!answer.body.includes(token))
    }
    assert.equal((await ask('/read?not_access_token=x', [`Bearer ${token}`])).status, 200)
  }
})

test('SEC-238: the scheme is case-insensitive and the rest strict', async (context) => {
  const { asks, sign } = await setUp(context)
  const token = await sign()
  for (const [name, ask] of asks) {
    for (const scheme of ['bearer', 'BEARER']) assert.equal((await ask('/read', [`${scheme} ${token}`])).status, 200)
    const malformed = [
      [`Bearer  ${token}`],
      [`Bearer ${token} x`],
      [`Bearer${token}`],
      [`Bearer\t${token}`],
      ['Bearer'],
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${token}`, 'Basic YTpi'],
    ]
    for (const lines of malformed) {
      const { status, challenge } = await ask('/read', lines)
      assert.ok(status === 400 || status === 401, `${name} ${lines} ${status}`)
      assert.match(challenge ?? '', /^Bearer realm="api-a"/)
    }
  }
})

test('SEC-251: when nothing can be decided the answer is 503 without a challenge', async (context) => {
  const { asks, sign, state } = await setUp(context)
  state.down = true
  for (const [name, ask] of asks) {
    const answer = await ask('/read', [`Bearer ${await sign()}`])
    assert.equal(answer.status, 503, name)
    assert.equal(answer.challenge, undefined)
  }
})
