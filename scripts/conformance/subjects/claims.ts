import { issuer } from '../settings.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

import { show, wrongTypes } from '../wrong-types.ts'

const { accepted, refused } = tokenVectors('claims')

const required = 'RFC 9068 §2.2, §4'

const texts = ['iss', 'sub', 'client_id', 'jti'] as const
const usual: Readonly<Record<string, string>> = { iss: issuer, sub: 'service-1', client_id: 'service-1', jti: 'id' }

export const claimsVectors: Subject = {
  name: 'claims',
  title: 'Claims: those that say who, missing or in the wrong type; bound tokens; members nobody asked for',
  vectors: [
    ...texts.flatMap((claim) => [
      ...wrongTypes.map(([id, value]) =>
        refused(`${claim}-${id}`, `${claim} is ${show(value)}`, required, { claims: { [claim]: value } }),
      ),
      refused(`${claim}-number`, `${claim} is a number`, required, { claims: { [claim]: 7 } }),
      refused(`${claim}-array`, `${claim} is a list with the right value`, required, {
        claims: { [claim]: [usual[claim]] },
      }),
    ]),
    accepted('sub-of-other', 'sub is somebody else than the client', 'RFC 9068 §2.2', { claims: { sub: 'user-7' } }),
    accepted('sub-uri', 'sub is a URI', 'RFC 7519 §4.1.2', { claims: { sub: 'spiffe://example.org/service/1' } }),
    accepted('client-id-uri', 'client_id is a URI', 'RFC 6749 §2.2', {
      claims: { client_id: 'https://client.example/id', sub: 'https://client.example/id' },
    }),
    accepted('client-id-symbols', 'client_id has every kind of printable character', 'RFC 6749 App. A.1', {
      claims: { client_id: "a !#$%&'()*+,-./:;<=>?@[]^_`{|}~", sub: 'service-1' },
    }),
    accepted('jti-long', 'jti has 500 characters', 'RFC 7519 §4.1.7', { claims: { jti: 'j'.repeat(500) } }),
    accepted('sub-not-ascii', 'sub has letters of many scripts', 'RFC 7519 §4.1.2', {
      claims: { sub: 'Zürich Москва 東京 🦉' },
    }),
    accepted('client-id-not-ascii', 'client_id has a letter outside of ASCII', 'RFC 6749 App. A.1', {
      latitude: 'RFC 6749 App. A.1 allows printable ASCII only',
      claims: { client_id: 'dienst-ü' },
    }),
    ...(['client_id', 'sub'] as const).flatMap((claim) =>
      (
        [
          ['crlf', 'a line break and a header', 'service-1\r\nX-Injected: 1'],
          ['line-feed', 'a line feed and a header', 'service-1\nX-Injected: 1'],
          ['nul', 'NUL', 'service-1\u0000admin'],
          ['escape', 'an escape sequence of terminals', '\u001b[2Jservice-1'],
          ['delete', 'the character DEL', 'service-1\u007f'],
        ] as const
      ).map(([id, title, value]) =>
        refused(
          `${claim}-${id}`.replace('_', '-'),
          `${claim} has ${title}`,
          claim === 'sub' ? 'CWE-113; CWE-117' : 'RFC 6749 App. A.1; CWE-113',
          {
            latitude:
              'A control character is harmless where nobody writes the value into a header, a log or a terminal',
            claims: { [claim]: value },
          },
        ),
      ),
    ),
    ...(
      [
        ['jkt', { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }],
        ['x5t', { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }],
        ['jwk', { jwk: { kty: 'EC' } }],
        ['unknown', { 'x-binding': 'y' }],
        ['empty', {}],
        ['null', null],
        ['string', 'x'],
        ['array', []],
        ['false', false],
      ] as const
    ).map(([id, cnf]) =>
      refused(
        `cnf-${id}`,
        `A token bound to a key, without proof: cnf is ${JSON.stringify(cnf)}`,
        'RFC 7800 §3; RFC 8705 §3; RFC 9449 §7.1',
        { claims: { cnf } },
      ),
    ),
    accepted('unknown-members', 'Members nobody knows', 'RFC 7519 §4.3', {
      claims: { tenant: 'a', roles: ['x'], act: { sub: 'y' }, active: false, token_type: 'x' },
    }),
    accepted('prototype-member', 'A member __proto__, which changes nothing', 'CWE-1321', {
      claimsText: (text) =>
        text.replace('{', '{"__proto__":{"scope":"api:write","cnf":{}},"constructor":{"prototype":{}},'),
    }),
    refused('prototype-claims', 'The claims only as members of __proto__', 'CWE-1321', {
      claimsText: (text) => `{"__proto__":${text}}`,
    }),
    refused('claims-inside-claims', 'The claims one level too deep', required, {
      claimsText: (text) => `{"claims":${text}}`,
    }),
    refused('names-upper-case', 'The names in capitals', 'RFC 7519 §4', {
      claimsText: (text) => text.replace(/"(\w+)":/g, (name) => name.toUpperCase()),
    }),
    refused('active-only', 'What an introspection would say, and no more', 'RFC 7662 §2.2', {
      claimsText: '{"active":true,"scope":"api:read"}',
    }),
  ],
}
