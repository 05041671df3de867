import assert from 'node:assert/strict'
import { Agent as HttpsAgent } from 'node:https'
import { type TestContext, test } from 'node:test'
import axios from 'axios'
import got from 'got'
import { Agent, interceptors, request, fetch as undiciFetch } from 'undici'
import { authorizeAxios } from '../src/adapters/axios.ts'
import { authorizedGot } from '../src/adapters/got.ts'
import { authorizedDispatch } from '../src/adapters/undici.ts'
import { authorizedFetch } from '../src/fetch.ts'
import { type TokenSource, tokenSource } from '../src/token-source.ts'
import { cannedServer } from './local-server.ts'
import { listenTls } from './local-tls-server.ts'

/** An API over TLS that redirects to plain http on the same host, and what the two were sent. */
async function setUp(context: TestContext) {
  const as = await cannedServer(context, () => ({ body: { access_token: 't1', token_type: 'Bearer' } }))
  const plain = await cannedServer(context, () => ({ body: 'there' }))
  const overTls: (string | undefined)[] = []
  const { url, ca } = await listenTls(context, ({ headers }, response) => {
    overTls.push(headers.authorization)
    response.writeHead(302, { location: `${plain.url.replace('127.0.0.1', 'localhost')}/` }).end()
  })
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  return { source, plain, url, ca, overTls }
}

const callers: Record<string, (source: TokenSource, url: string, ca: string) => Promise<string>> = {
  fetch: async (source, url, ca) => {
    const dispatcher = new Agent({ connect: { ca } })
    const send = ((input: string, init: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch
    return (await authorizedFetch(source, { fetch: send })(url)).text()
  },
  undici: async (source, url, ca) => {
    const redirect = interceptors.redirect({ maxRedirections: 3 })
    const agent = new Agent({ connect: { ca } })
    const dispatcher = agent.compose(authorizedDispatch(source, { origins: [url] }), redirect)
    return (await request(url, { dispatcher })).body.text()
  },
  axios: async (source, url, ca) => {
    const instance = axios.create({ httpsAgent: new HttpsAgent({ ca }) })
    return (await authorizeAxios(instance, source, { origins: [url] }).get(url)).data
  },
  got: async (source, url, ca) =>
    got
      .extend(authorizedGot(source, { origins: [url] }), { https: { certificateAuthority: ca } })(url)
      .text(),
}

for (const [name, call] of Object.entries(callers)) {
  test(`SEC-271: ${name}: a redirect from https to http is followed without the token`, async (context) => {
    const { source, plain, url, ca, overTls } = await setUp(context)
    assert.equal(await call(source, url, ca), 'there')
    assert.deepEqual(overTls, ['Bearer t1'])
    assert.equal(plain.requests.length, 1)
    assert.equal(plain.requests[0]?.headers.authorization, undefined)
  })
}
