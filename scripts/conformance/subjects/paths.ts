import {
  accessClaims,
  allowed,
  bearerRequest,
  insufficientScope,
  makeToken,
  noCredentials,
  tokenOf,
} from '../recipe.ts'
import type { Expectation, Subject, Vector } from '../vector.ts'

/**
 * Requests to an API whose gateway lets `api:read` read everything below `/files` but `/files/admin`, and anybody what
 * is below `/public`. The token of each has `api:read` and nothing else.
 */
const admin = { all: ['api:admin'] }
const read = { all: ['api:read'] }
const settings = 'one-issuer'

/** No route is for it, or it could mean two: nobody learns which (RFC 9110 §15.5.4). */
const noRoute: Expectation = { decision: 'refuse', status: 403, challenge: null }

interface Parts {
  readonly method?: string
  readonly headers?: Vector['request']['headers']
  readonly http?: 'invalid'
}

type Make = (name: string, title: string, source: string, path: string, parts?: Parts) => Vector

const make =
  (expect: (id: string) => Expectation, requirement: Vector['requirement'], carries = true): Make =>
  (name, title, source, path, { method = 'GET', headers = [], ...http } = {}) => {
    const id = `paths-${name}`
    const carried = carries ? bearerRequest(makeToken(id)).headers : []
    const request = { method, path, headers: [...carried, ...headers] }
    return { id, title, source, level: 'gateway', settings, requirement, request, ...http, expect: expect(id) }
  }

const passes = make((id) => allowed(tokenOf(accessClaims(id))), read)
const refused = make(() => noRoute, admin)
const unreadable: Make = (name, title, source, path, parts = {}) => ({
  ...make(() => ({ decision: 'refuse', status: 400, challenge: null }), admin)(name, title, source, path, parts),
  http: 'invalid',
})
const tooLittle = make(() => insufficientScope(settings, admin), admin)
const anonymous = make(() => noCredentials(settings), read, false)

const normal = 'RFC 3986 §6.2'
const dots = 'RFC 3986 §5.2.4; CWE-22'
const encoded = 'RFC 3986 §2.2; CWE-177'
const slashes = 'CWE-41; RFC 3986 §3.3'
const override = 'CWE-436'

export const pathsVectors: Subject = {
  name: 'paths',
  title: 'Paths: whatever a request is written like, it is decided by the route of what it reaches, or refused',
  vectors: [
    passes('file', 'A file', normal, '/files/a'),
    passes('file-below', 'A file in a folder', normal, '/files/a/b/c.txt'),
    passes('file-query', 'A file with a query', normal, '/files/a?b=c'),
    passes('file-query-path', 'A file with a path in its query', normal, '/files/a?b=/files/admin'),
    passes('file-encoded-space', 'A space in percent-encoding', normal, '/files/a%20b'),
    passes('file-encoded-letters', 'Letters outside of ASCII in percent-encoding', normal, '/files/%C3%A4%E6%9D%B1'),
    passes('file-head', 'HEAD of a file', 'RFC 9110 §9.3.2', '/files/a', { method: 'HEAD' }),
    passes('file-marks', 'Every mark a path may have', normal, "/files/a-b_c.d~e!f$g&h'i(j)k*l+m,n=o:p@q"),
    anonymous('file-anonymous', 'A file without a token', normal, '/files/a'),
    anonymous('admin-anonymous', 'What is narrower, without a token', normal, '/files/admin'),
    tooLittle('admin', 'What is narrower, with a token for what is wider', normal, '/files/admin'),
    tooLittle('admin-query', 'The same with a query', normal, '/files/admin?a=b'),
    tooLittle('admin-slash', 'The same with a slash at the end', normal, '/files/admin/'),
    tooLittle('admin-below', 'What is below it', normal, '/files/admin/users'),

    refused('dot-dot', 'Up and down again', dots, '/files/x/../admin'),
    refused('dot-dot-public', 'Up from what is public', dots, '/public/../files/admin'),
    refused('dot-dot-end', 'Up at the end', dots, '/files/admin/x/..'),
    refused('dot', 'A dot between', dots, '/files/./admin'),
    refused('dot-end', 'A dot at the end', dots, '/files/admin/.'),
    refused('dot-dot-encoded', 'Up, in percent-encoding', dots, '/files/x/%2e%2e/admin'),
    refused('dot-dot-half-encoded', 'Up, half in percent-encoding', dots, '/files/x/.%2E/admin'),
    refused(
      'dot-dot-public-encoded',
      'Up from what is public, in percent-encoding',
      dots,
      '/public/%2e%2e/files/admin',
    ),
    refused('dot-dot-slash-encoded', 'Up with its slash in percent-encoding', dots, '/public/..%2ffiles%2fadmin'),
    refused('dot-dot-all-encoded', 'Up, all in percent-encoding', dots, '/public/%2e%2e%2ffiles%2fadmin'),
    refused('dot-dot-encoded-twice', 'Up, encoded twice', dots, '/public/%252e%252e/files/admin'),
    refused('dot-dot-overlong', 'Up in overlong UTF-8', dots, '/public/%c0%ae%c0%ae/files/admin'),
    refused('dot-dot-full-width', 'Up in full-width dots', dots, '/public/%ef%bc%8e%ef%bc%8e/files/admin'),
    refused('dot-dot-parameters', 'Up with a parameter', 'CVE-2020-5902', '/public/..;/files/admin'),
    refused('dot-dot-backslash', 'Up with a backslash', dots, '/public/..\\files\\admin'),
    refused('dot-dot-backslash-encoded', 'Up with a backslash in percent-encoding', dots, '/public/..%5cfiles%5cadmin'),
    refused('dots-three', 'Three dots', dots, '/public/.../files/admin'),
    refused('beyond-root', 'Up beyond the root', dots, '/../files/admin'),

    refused('slashes', 'Two slashes', slashes, '/files//admin'),
    refused('slashes-first', 'Two slashes at the beginning', slashes, '//files/admin'),
    refused('slashes-host', 'Two slashes and a host', slashes, '//public/files/admin'),
    refused('slashes-end', 'Two slashes at the end', slashes, '/files/admin//'),
    refused('slash-encoded', 'A slash in percent-encoding', encoded, '/files%2fadmin'),
    refused('slash-encoded-capital', 'A slash in percent-encoding with a capital', encoded, '/files%2Fadmin'),
    refused('slash-encoded-after', 'A slash in percent-encoding after a slash', encoded, '/files/%2fadmin'),
    refused('slash-encoded-twice', 'A slash encoded twice', encoded, '/files%252fadmin'),
    refused(
      'slash-encoded-public',
      'A slash in percent-encoding, below what is public',
      encoded,
      '/public%2f..%2ffiles%2fadmin',
    ),
    refused('backslash', 'A backslash for a slash', slashes, '/files\\admin'),
    refused('backslash-encoded', 'A backslash in percent-encoding', slashes, '/files%5cadmin'),
    refused('slash-division', 'A character that is folded to a slash', 'CWE-180', '/public/%e2%88%95admin'),
    refused('slash-full-width', 'A full-width slash', 'CWE-180', '/public/%ef%bc%8fadmin'),

    refused('letter-encoded', 'A letter in percent-encoding', encoded, '/files/%61dmin'),
    refused('letter-encoded-first', 'A letter of the first part in percent-encoding', encoded, '/%66iles/admin'),
    refused('letters-encoded', 'Every letter in percent-encoding', encoded, '/files/%61%64%6d%69%6e'),
    refused('letter-encoded-twice', 'A letter encoded twice', encoded, '/files/%2561dmin'),
    refused('letter-full-width', 'A full-width letter', 'CWE-180', '/files/%ef%bd%81dmin'),
    refused('letter-long-s', 'A letter that is another without its case', 'CWE-178', '/file%c5%bf/admin'),
    refused('percent-u', 'The %u of old servers', encoded, '/files/%u0061dmin'),
    refused('percent-cut', 'A percent-encoding that is cut off', encoded, '/files/admin%'),
    refused('percent-not-hexadecimal', 'A percent-encoding that is none', encoded, '/files/admi%zz'),
    refused('percent-nul', 'NUL in percent-encoding', 'CWE-158', '/files/admin%00'),
    refused('percent-nul-extension', 'NUL and an ending', 'CWE-158', '/files/admin%00.txt'),
    refused('percent-line-feed', 'A line feed in percent-encoding', 'CWE-93', '/files/admin%0a'),
    refused(
      'percent-crlf-header',
      'A line break and a header in percent-encoding',
      'CWE-93',
      '/files/x%0d%0aX-Injected:%201',
    ),
    refused('percent-tab', 'A tab in percent-encoding', encoded, '/files/admin%09'),
    refused('percent-space-end', 'A space in percent-encoding at the end', encoded, '/files/admin%20'),
    refused('percent-question-mark', 'A question mark in percent-encoding', encoded, '/files/admin%3fa'),
    refused('percent-number-sign', 'A number sign in percent-encoding', encoded, '/files/admin%23a'),
    refused('percent-semicolon', 'A semicolon in percent-encoding', encoded, '/files/admin%3ba'),
    refused('percent-no-break', 'A character nobody sees', 'CWE-180', '/files/admin%e2%80%8b'),
    refused('percent-utf8-invalid', 'An octet that is not UTF-8', encoded, '/files/%ff'),

    refused('case', 'Capitals', 'CWE-178', '/files/ADMIN'),
    refused('case-first', 'A capital in the first part', 'CWE-178', '/Files/admin'),
    refused('dot-after', 'A dot after a name', 'CWE-41', '/files/admin.'),
    refused('dots-after', 'Dots after a name', 'CWE-41', '/files/admin..'),
    refused('dot-after-folder', 'A dot after the name of a folder', 'CWE-41', '/files./admin'),
    refused('parameter', 'A parameter', 'RFC 3986 §3.3; CVE-2020-5902', '/files/admin;x=1'),
    refused('parameter-empty', 'An empty parameter', 'RFC 3986 §3.3', '/files/admin;'),
    refused('parameter-folder', 'A parameter of a folder', 'RFC 3986 §3.3', '/files;x=1/admin'),
    refused('parameter-session', 'A session id', 'RFC 3986 §3.3', '/files/admin;jsessionid=1'),
    refused('parameter-first', 'A parameter before the name', 'RFC 3986 §3.3', '/files/;x/admin'),
    refused('format', 'An ending that frameworks take for a format', 'CVE-2015-5211', '/files/admin.json'),
    refused('unknown', 'What has no route', 'threat model: fail closed', '/other'),
    refused('unknown-root', 'The root', 'threat model: fail closed', '/'),
    refused('unknown-prefix', 'What begins as a route does', 'threat model: fail closed', '/filesystem'),
    refused('unknown-public-prefix', 'What begins as what is public does', 'threat model: fail closed', '/publicity'),
    refused('wildcard', 'The wildcard itself', 'threat model: fail closed', '/**'),
    refused('asterisk', 'An asterisk as target', 'RFC 9112 §3.2.4', '*', { method: 'OPTIONS' }),
    refused('absolute', 'An absolute target', 'RFC 9112 §3.2.2', 'http://api.example/files/admin'),
    refused('absolute-public', 'An absolute target with another host', 'RFC 9112 §3.2.2', 'http://public/files/admin'),
    refused('fragment', 'A fragment', 'RFC 9112 §3.2', '/public/x#/../../files/admin'),
    refused('letters-not-encoded', 'Letters outside of ASCII, not encoded', 'RFC 3986 §2', '/files/\u00c3\u00a4'),
    refused('quote', 'A quote', 'RFC 3986 §2', '/files/a"b'),
    refused('angle-brackets', 'Angle brackets', 'RFC 3986 §2', '/files/<a>'),
    refused('braces', 'Braces', 'RFC 3986 §2', '/files/{a}'),
    refused('long', 'A path of nine thousand characters', 'RFC 9110 §4.1', `/files/${'a'.repeat(9000)}`),

    refused('method-delete', 'A method the route does not have', 'threat model: fail closed', '/files/a', {
      method: 'DELETE',
    }),
    refused('method-post', 'POST where GET is allowed', 'threat model: fail closed', '/files/a', { method: 'POST' }),
    refused('method-trace', 'TRACE', 'RFC 9110 §9.3.8; CWE-693', '/public/a', { method: 'TRACE' }),
    refused('method-lower-case', 'A method in small letters', 'RFC 9110 §9.1', '/files/a', { method: 'get' }),
    refused('override-header', 'A header that asks for another method', override, '/files/a', {
      headers: [['X-HTTP-Method-Override', 'DELETE']],
    }),
    refused('override-header-method', 'The same by X-Method-Override', override, '/files/a', {
      headers: [['X-Method-Override', 'DELETE']],
    }),
    refused('override-header-x-http-method', 'The same by X-HTTP-Method', override, '/files/a', {
      headers: [['X-HTTP-Method', 'DELETE']],
    }),
    refused('override-header-underscore', 'The same with underscores', override, '/files/a', {
      headers: [['X_HTTP_METHOD_OVERRIDE', 'DELETE']],
    }),
    refused('override-query', 'A parameter that asks for another method', override, '/files/a?_method=DELETE'),
    refused('override-query-encoded', 'The same in percent-encoding', override, '/files/a?%5Fmethod=DELETE'),
    refused('override-rewrite-url', 'A header that names another path', override, '/files/a', {
      headers: [['X-Rewrite-URL', '/files/admin']],
    }),
    passes('forwarded-uri', 'X-Forwarded-Uri of the caller, which counts for nothing', override, '/files/a', {
      headers: [
        ['X-Forwarded-Uri', '/public/x'],
        ['X-Forwarded-Method', 'GET'],
      ],
    }),
    tooLittle(
      'forwarded-uri-admin',
      'X-Forwarded-Uri of the caller that names what is public',
      override,
      '/files/admin',
      {
        headers: [
          ['X-Forwarded-Uri', '/public/x'],
          ['X-Forwarded-Method', 'GET'],
        ],
      },
    ),
    anonymous('forwarded-uri-anonymous', 'The same without a token', override, '/files/admin', {
      headers: [['X-Forwarded-Uri', '/public/x']],
    }),
    anonymous('forwarded-prefix', 'X-Forwarded-Prefix of the caller', override, '/files/admin', {
      headers: [['X-Forwarded-Prefix', '/public']],
    }),
    anonymous(
      'identity-headers',
      'Headers under the names the gateway tells who calls by',
      'threat model: nothing that crosses a boundary is trusted',
      '/files/a',
      {
        headers: [
          ['X-Mintmark-Client-Id', 'service-1'],
          ['X-Mintmark-Scope', 'api:read'],
        ],
      },
    ),
    passes(
      'identity-headers-token',
      'The same beside a token, which alone counts',
      'threat model: nothing that crosses a boundary is trusted',
      '/files/a',
      {
        headers: [
          ['X-Mintmark-Client-Id', 'admin'],
          ['X-Mintmark-Scope', 'api:admin'],
        ],
      },
    ),
    refused(
      'identity-headers-underscore',
      'The same with underscores, which servers that make variables of names cannot tell apart',
      'CGI/1.1 §4.1.18',
      '/files/a',
      { headers: [['X_Mintmark_Client_Id', 'admin']] },
    ),

    unreadable('space', 'A space', 'RFC 9112 §3', '/files/a b'),
    unreadable('nul', 'NUL', 'RFC 9112 §3', '/files/admin\u0000'),
  ],
}
