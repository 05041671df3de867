import { requestVectors } from '../request-vector.ts'
import type { Subject, VectorRequest } from '../vector.ts'

const { accepted, malformed, withoutCredentials, refused } = requestVectors('request')

const query = 'RFC 6750 §2, §2.3; RFC 9700 §4.3.2'
const body = 'RFC 6750 §2.2'
const method = 'RFC 9110 §9.1'

const bearer = (token: string): VectorRequest['headers'] => [['Authorization', `Bearer ${token}`]]
const none = (): VectorRequest['headers'] => []
const form: VectorRequest['headers'][number] = ['Content-Type', 'application/x-www-form-urlencoded']
const at = (path: (token: string) => string) => ({ path })

export const requestVectorsOfAll: Subject = {
  name: 'request',
  title: 'Requests: tokens in the query and the body, methods, targets',
  vectors: [
    withoutCredentials(
      'query-only',
      'The token in the query',
      query,
      none,
      at((token) => `/read?access_token=${token}`),
    ),
    withoutCredentials(
      'query-bearer',
      'The token in other parameters',
      query,
      none,
      at((token) => `/read?token=${token}&authorization=Bearer%20${token}&bearer_token=${token}`),
    ),
    malformed(
      'query-and-header',
      'The token in the query and the header',
      query,
      bearer,
      at((token) => `/read?access_token=${token}`),
    ),
    malformed(
      'query-other-and-header',
      'Another token in the query',
      query,
      bearer,
      at(() => '/read?access_token=other'),
    ),
    malformed(
      'query-empty-and-header',
      'access_token in the query without a value',
      query,
      bearer,
      at(() => '/read?access_token='),
    ),
    malformed(
      'query-bare-and-header',
      'access_token in the query without an equals sign',
      query,
      bearer,
      at(() => '/read?access_token'),
    ),
    malformed(
      'query-later-and-header',
      'access_token after other parameters',
      query,
      bearer,
      at(() => '/read?a=b&c&access_token=x'),
    ),
    malformed(
      'query-escaped-and-header',
      'access_token with its name in percent-encoding',
      query,
      bearer,
      at(() => '/read?access%5Ftoken=x'),
    ),
    malformed(
      'query-escaped-letter-and-header',
      'access_token with a letter in percent-encoding',
      query,
      bearer,
      at(() => '/read?%61ccess_token=x'),
    ),
    malformed(
      'query-second-question-mark',
      'access_token after a second question mark and an ampersand',
      query,
      bearer,
      at(() => '/read?a?b&access_token=x'),
    ),
    accepted(
      'query-other-name',
      'A parameter whose name only ends so',
      query,
      bearer,
      at(() => '/read?not_access_token=x'),
    ),
    accepted(
      'query-upper-case',
      'ACCESS_TOKEN, which is another name',
      query,
      bearer,
      at(() => '/read?ACCESS_TOKEN=x'),
    ),
    accepted(
      'query-brackets',
      'access_token with brackets, which is another name',
      query,
      bearer,
      at(() => '/read?access_token%5B%5D=x'),
    ),
    accepted(
      'query-value',
      'access_token in a value',
      query,
      bearer,
      at(() => '/read?a=access_token'),
    ),
    accepted(
      'query-value-equals',
      'access_token and an equals sign in a value',
      query,
      bearer,
      at(() => '/read?a=access_token=x'),
    ),
    accepted(
      'query-semicolon',
      'access_token after a semicolon, which separates nothing',
      query,
      bearer,
      at(() => '/read?a=1;access_token=x'),
    ),
    accepted(
      'query-escaped-ampersand',
      'access_token after an ampersand in percent-encoding',
      query,
      bearer,
      at(() => '/read?a=1%26access_token=x'),
    ),
    accepted(
      'query-escaped-twice',
      'access_token encoded twice',
      query,
      bearer,
      at(() => '/read?access%255Ftoken=x'),
    ),
    accepted(
      'query-empty',
      'An empty query',
      query,
      bearer,
      at(() => '/read?'),
    ),
    accepted(
      'query-bad-percent',
      'A query with half a percent-encoding',
      query,
      bearer,
      at(() => '/read?a=%zz'),
    ),
    accepted(
      'query-plus',
      'A plus before access_token, which makes another name',
      query,
      bearer,
      at(() => '/read?+access_token=x'),
    ),
    refused(
      'query-good-header-bad',
      'A good token in the query and a bad one in the header',
      query,
      () => [['Authorization', 'Bearer bad']],
      { path: () => '/read?a=b' },
    ),

    withoutCredentials('body-only', 'The token in the body', body, () => [form], {
      method: 'POST',
      body: (token) => `access_token=${token}`,
    }),
    withoutCredentials('body-json', 'The token in a body of JSON', body, () => [['Content-Type', 'application/json']], {
      method: 'POST',
      body: (token) => JSON.stringify({ access_token: token }),
    }),
    withoutCredentials(
      'body-and-basic',
      'The token in the body and Basic',
      body,
      () => [form, ['Authorization', 'Basic YTpi']],
      { method: 'POST', body: (token) => `access_token=${token}` },
    ),
    refused(
      'body-good-header-bad',
      'A good token in the body and a bad one in the header',
      body,
      () => [form, ['Authorization', 'Bearer bad']],
      { method: 'POST', body: (token) => `access_token=${token}` },
    ),
    accepted(
      'body-and-header',
      'A token in the header; the body is nobody’s place to look',
      body,
      (token) => [['Content-Type', 'application/json'], ...bearer(token)],
      { method: 'POST', body: () => '{"access_token":"x"}' },
    ),

    ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].flatMap((name) => [
      accepted(`method-${name.toLowerCase()}`, `${name} with a token`, method, bearer, { method: name }),
      withoutCredentials(`method-${name.toLowerCase()}-without`, `${name} without a token`, method, none, {
        method: name,
      }),
    ]),
    withoutCredentials(
      'preflight',
      'A preflight, which is let in by nobody here',
      'Fetch §4.8',
      () => [
        ['Origin', 'https://web.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'authorization'],
      ],
      { method: 'OPTIONS' },
    ),
    withoutCredentials('upgrade', 'Without a token, wanting another protocol', 'RFC 9110 §7.8', () => [
      ['X-Upgrade', 'websocket'],
    ]),
  ],
}
