import { authorizationLine as line, requestVectors } from '../request-vector.ts'
import type { Subject } from '../vector.ts'

const { withoutCredentials } = requestVectors('authorization')

const syntax = 'RFC 6750 §2.1'
const scheme = 'RFC 9110 §11.1; RFC 6750 §2.1'
const other = 'RFC 6750 §3, §3.1'

export const noCredentialsVectors: Subject = {
  name: 'no-credentials',
  title: 'No credentials: other schemes, and other places where a token might be',
  vectors: [
    withoutCredentials('none', 'No Authorization', other, () => []),
    withoutCredentials('empty', 'An empty Authorization', other, () => [['Authorization', '']]),
    withoutCredentials('basic', 'Basic', other, () => [['Authorization', 'Basic YTpi']]),
    withoutCredentials(
      'basic-with-token',
      'Basic with the token as password',
      other,
      line((token) => `Basic ${Buffer.from(`x:${token}`).toString('base64')}`),
    ),
    withoutCredentials('digest', 'Digest with its commas', other, () => [
      ['Authorization', 'Digest username="bearer", realm="a, bearer", nonce="x", uri="/", response="y"'],
    ]),
    withoutCredentials(
      'no-space',
      'The scheme and the token without a space',
      scheme,
      line((token) => `Bearer${token}`),
    ),
    withoutCredentials(
      'token-alone',
      'The token alone',
      scheme,
      line((token) => token),
    ),
    withoutCredentials(
      'scheme-token',
      'The scheme Token',
      scheme,
      line((token) => `Token ${token}`),
    ),
    withoutCredentials(
      'scheme-jwt',
      'The scheme JWT',
      scheme,
      line((token) => `JWT ${token}`),
    ),
    withoutCredentials(
      'scheme-bearers',
      'The scheme Bearers',
      scheme,
      line((token) => `Bearers ${token}`),
    ),
    withoutCredentials(
      'scheme-x-bearer',
      'The scheme X-Bearer',
      scheme,
      line((token) => `X-Bearer ${token}`),
    ),
    withoutCredentials(
      'scheme-bearer-2',
      'The scheme Bearer-2',
      scheme,
      line((token) => `Bearer-2 ${token}`),
    ),
    withoutCredentials(
      'scheme-homograph',
      'A scheme with a letter that looks the same',
      scheme,
      line((token) => `B\u00d0\u00b5arer ${token}`),
    ),
    withoutCredentials('proxy-authorization', 'The token in Proxy-Authorization', syntax, (token) => [
      ['Proxy-Authorization', `Bearer ${token}`],
    ]),
    withoutCredentials('x-authorization', 'The token in X-Authorization', syntax, (token) => [
      ['X-Authorization', `Bearer ${token}`],
    ]),
    withoutCredentials('x-forwarded-authorization', 'The token in X-Forwarded-Authorization', syntax, (token) => [
      ['X-Forwarded-Authorization', `Bearer ${token}`],
    ]),
    withoutCredentials('x-access-token', 'The token in X-Access-Token', syntax, (token) => [['X-Access-Token', token]]),
    withoutCredentials('cookie', 'The token in a cookie', syntax, (token) => [
      ['Cookie', `access_token=${token}; Authorization=Bearer ${token}`],
    ]),
    withoutCredentials(
      'client-id-header',
      'Headers that say who was let in',
      'threat model: nothing that crosses a boundary is trusted',
      () => [
        ['X-Client-Id', 'service-1'],
        ['X-Token-Scope', 'api:read'],
        ['X-Forwarded-User', 'service-1'],
        ['Remote-User', 'service-1'],
      ],
    ),
  ],
}
