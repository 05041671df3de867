import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused, tooLittle } = tokenVectors('scope')

const needs = 'RFC 6750 §3.1'
const syntax = 'RFC 6749 §3.3; RFC 9068 §2.2.3'

const granted = (scope: unknown) => ({ claims: { scope } })
const malformed: readonly (readonly [id: string, title: string, value: unknown])[] = [
  ['array', 'a list', ['api:read']],
  ['array-of-one-string', 'a list of a string with both', ['api:read api:write']],
  ['null', 'null', null],
  ['number', 'a number', 7],
  ['true', 'true', true],
  ['object', 'an object', { 'api:read': true }],
  ['two-spaces', 'words with two spaces between', 'api:read  api:write'],
  ['space-before', 'a word with a space before', ' api:read'],
  ['space-after', 'a word with a space after', 'api:read '],
  ['space-only', 'a space', ' '],
  ['tab', 'words with a tab between', 'api:read\tapi:write'],
  ['line-feed', 'words with a line feed between', 'api:read\napi:write'],
  ['crlf', 'a word, a line break and a header', 'api:read\r\nX-Injected: 1'],
  ['nul', 'words with NUL between', 'api:read\u0000api:write'],
  ['no-break-space', 'words with a no-break space between', 'api:read\u00a0api:write'],
  ['quote', 'a word with a quote', 'api:read "api:write"'],
  ['backslash', 'a word with a backslash', 'api:read\\'],
  ['not-ascii', 'a word with a letter outside of ASCII', 'api:read \u00fcber'],
  ['delete', 'a word with the character DEL', 'api:read\u007f'],
]

const others: readonly (readonly [id: string, title: string, value: string])[] = [
  ['other', 'another scope', 'api:other'],
  ['upper-case', 'the scope in capitals', 'API:READ'],
  ['prefix', 'the beginning of the scope', 'api:rea'],
  ['suffix', 'the scope and more', 'api:read2'],
  ['part', 'the scope with something before it', 'xapi:read'],
  ['parent', 'what stands before the colon', 'api'],
  ['wildcard', 'a wildcard', 'api:*'],
  ['everything', 'an asterisk', '*'],
  ['admin', 'admin', 'admin'],
  ['comma', 'both with a comma between', 'api:write,api:read'],
  ['plus', 'both with a plus between', 'api:write+api:read'],
  ['percent', 'the scope in percent-encoding', 'api%3Aread'],
  ['prototype', 'names of what every object has', '__proto__ constructor toString'],
  ['empty', 'nothing', ''],
]

export const scopeVectors: Subject = {
  name: 'scope',
  title: 'Scopes: what a route needs, all or any, and what is no scope',
  vectors: [
    accepted('one', 'The scope the route needs', needs, granted('api:read')),
    accepted('among-others', 'The scope among others', needs, granted('a b api:read c')),
    accepted('twice', 'The scope twice', needs, granted('api:read api:read')),
    accepted(
      'many',
      'The last of two hundred scopes',
      needs,
      granted(`${Array.from({ length: 199 }, (_, index) => `s${index}`).join(' ')} api:read`),
    ),
    accepted(
      'symbols',
      'Scopes of every character allowed',
      syntax,
      granted("!#$%&'()*+,-./:;<=>?@[]^_`{|}~ api:read"),
    ),
    ...others.map(([id, title, value]) => tooLittle(`only-${id}`, `Only ${title}`, needs, granted(value))),
    tooLittle('missing', 'No scope claim', needs, granted(undefined)),
    tooLittle('scp', 'The scope in scp, which RFC 9068 does not know', 'RFC 9068 §2.2.3', {
      claims: { scope: undefined, scp: ['api:read'] },
    }),
    tooLittle('scopes', 'The scope in scopes', 'RFC 9068 §2.2.3', { claims: { scope: undefined, scopes: 'api:read' } }),
    tooLittle('permissions', 'The scope in permissions and roles', 'RFC 9068 §2.2.3', {
      claims: { scope: undefined, permissions: ['api:read'], roles: ['api:read'] },
    }),
    refused('scope-twice', 'scope twice, the last one without it', 'RFC 7519 §4', {
      latitude: 'RFC 7519 §4 lets a reader take the last of two members instead of refusing',
      claimsText: (text) => text.replace(/\}$/, ',"scope":"api:other"}'),
    }),
    ...malformed.map(([id, title, value]) => refused(`malformed-${id}`, `scope is ${title}`, syntax, granted(value))),
    refused('malformed-no-scope-needed', 'scope is a list, and the route needs none', syntax, {
      path: '/token',
      ...granted(['api:read']),
    }),

    accepted('none-needed', 'The route needs a token and no scope', needs, { path: '/token', ...granted('api:other') }),
    accepted('none-needed-none-granted', 'The route needs no scope and the token has none', needs, {
      path: '/token',
      ...granted(undefined),
    }),
    accepted('none-needed-empty', 'The route needs no scope and the token has an empty one', needs, {
      path: '/token',
      ...granted(''),
    }),
    accepted('all', 'All of two', needs, { path: '/read-and-write', ...granted('api:read api:write') }),
    accepted('all-other-order', 'All of two in another order', needs, {
      path: '/read-and-write',
      ...granted('api:write x api:read'),
    }),
    tooLittle('all-first-only', 'The first of two that are both needed', needs, { path: '/read-and-write' }),
    tooLittle('all-second-only', 'The second of two that are both needed', needs, {
      path: '/read-and-write',
      ...granted('api:write'),
    }),
    tooLittle('all-none', 'Neither of two', needs, { path: '/read-and-write', ...granted('api:other') }),
    accepted('any-first', 'The first of two that are each enough', needs, { path: '/read-or-write' }),
    accepted('any-second', 'The second of two that are each enough', needs, {
      path: '/read-or-write',
      ...granted('api:write'),
    }),
    accepted('any-both', 'Both of two that are each enough', needs, {
      path: '/read-or-write',
      ...granted('api:read api:write'),
    }),
    tooLittle('any-none', 'Neither of two that are each enough', needs, {
      path: '/read-or-write',
      ...granted('api:other'),
    }),
    tooLittle('any-missing', 'No scope where one of two is needed', needs, {
      path: '/read-or-write',
      ...granted(undefined),
    }),
    accepted('all-and-any', 'What is needed and one of two', needs, {
      path: '/tenant-and-either',
      ...granted('api:tenant api:write'),
    }),
    tooLittle('all-without-any', 'What is needed and neither of two', needs, {
      path: '/tenant-and-either',
      ...granted('api:tenant'),
    }),
    tooLittle('any-without-all', 'One of two without what is needed', needs, {
      path: '/tenant-and-either',
      ...granted('api:read api:write'),
    }),
    tooLittle('metadata', 'A challenge for a scope that names the metadata', 'RFC 9728 §5.1', {
      settings: 'with-metadata',
      path: '/write',
    }),
  ],
}
