import { audience, issuer, leeway, now } from '../settings.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('claims')

const required = 'RFC 9068 §2.2, §4'
const numericDate = 'RFC 7519 §2, NumericDate'

/** What a claim must not be, whichever claim it is. */
const wrongTypes: readonly (readonly [id: string, value: unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
  ['empty-string', ''],
  ['object', {}],
  ['empty-array', []],
]
const texts = ['iss', 'sub', 'client_id', 'jti'] as const
const usual: Readonly<Record<string, string>> = { iss: issuer, sub: 'service-1', client_id: 'service-1', jti: 'id' }
const times = ['exp', 'iat'] as const

const show = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value))
const raw = (claim: string, value: string) => ({
  claimsText: (text: string) => text.replace(new RegExp(`"${claim}":[^,}]+`), `"${claim}":${value}`),
})

const issuers: readonly (readonly [id: string, title: string, value: string])[] = [
  ['slash', 'with a slash at the end', `${issuer}/`],
  ['other-path', 'of another workspace', 'https://issuer.example/tenant/other'],
  ['parent', 'of the tenant', 'https://issuer.example/tenant'],
  ['host-only', 'of the host alone', 'https://issuer.example'],
  ['host-upper-case', 'with its host in capitals', 'https://ISSUER.example/tenant/workspace'],
  ['scheme-upper-case', 'with its scheme in capitals', 'HTTPS://issuer.example/tenant/workspace'],
  ['path-upper-case', 'with its path in capitals', 'https://issuer.example/Tenant/Workspace'],
  ['http', 'by http', 'http://issuer.example/tenant/workspace'],
  ['port', 'with the port that is usual', 'https://issuer.example:443/tenant/workspace'],
  ['user', 'with a user', 'https://issuer.example@attacker.example/tenant/workspace'],
  ['query', 'with a query', `${issuer}?`],
  ['fragment', 'with a fragment', `${issuer}#`],
  ['dot-segments', 'with dot segments', 'https://issuer.example/tenant/other/../workspace'],
  ['percent', 'with a letter in percent-encoding', 'https://issuer.example/tenant/work%73pace'],
  ['host-dot', 'with a dot after its host', 'https://issuer.example./tenant/workspace'],
  ['suffix', 'with more after it', `${issuer}.attacker.example`],
  ['prefix', 'with something before it', `https://attacker.example/?${issuer}`],
  ['space-before', 'with a space before it', ` ${issuer}`],
  ['space-after', 'with a space after it', `${issuer} `],
  ['line-feed', 'with a line feed after it', `${issuer}\n`],
  ['nul', 'with NUL after it', `${issuer}\u0000`],
  ['homograph', 'with a letter that looks the same', issuer.replace('e', '\u0435')],
  ['without-scheme', 'without its scheme', 'issuer.example/tenant/workspace'],
  ['wildcard', 'as a wildcard', '*'],
  ['prototype', 'named as what every object has', '__proto__'],
]

const audiences: readonly (readonly [id: string, title: string, value: unknown])[] = [
  ['other', 'another API', 'https://other-api.example'],
  ['slash', 'with a slash at the end', `${audience}/`],
  ['upper-case', 'in capitals', 'https://API.example'],
  ['http', 'by http', 'http://api.example'],
  ['port', 'with the port that is usual', `${audience}:443`],
  ['path', 'with a path', `${audience}/read`],
  ['prefix', 'the beginning of it', audience.slice(0, -1)],
  ['suffix', 'with more after it', `${audience}.attacker.example`],
  ['space-separated', 'two in one string', `${audience} https://other-api.example`],
  ['comma-separated', 'two in one string, with a comma', `${audience},https://other-api.example`],
  ['space-after', 'with a space after it', `${audience} `],
  ['nul', 'with NUL after it', `${audience}\u0000`],
  ['homograph', 'with a letter that looks the same', audience.replace('a', '\u0430')],
  ['wildcard', 'everything', '*'],
  ['issuer', 'the issuer itself', issuer],
  ['client', 'the client itself', 'service-1'],
  ['number', 'a number', 7],
  ['object-with-index', 'an object with an index', { 0: audience, length: 1 }],
  ['object-with-name', 'an object with the name as a member', { [audience]: true }],
  ['array-other', 'a list without it', ['https://other-api.example']],
  ['array-null', 'a list with null', [null]],
  ['array-nested', 'a list in a list', [[audience]]],
  ['array-with-number', 'a list with it and a number', [audience, 7]],
  ['array-with-null', 'a list with it and null', [audience, null]],
  ['array-with-object', 'a list with it and an object', [audience, {}]],
  ['array-with-list', 'a list with it and a list', [audience, [audience]]],
  ['array-joined', 'a list with it and another in one string', [`${audience} https://other-api.example`]],
]

export const claimsVectors: Subject = {
  name: 'claims',
  title: 'Claims: every one that RFC 9068 requires, missing, in the wrong type, at its boundaries',
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
    ...times.flatMap((claim) => [
      ...wrongTypes.map(([id, value]) =>
        refused(`${claim}-${id}`, `${claim} is ${show(value)}`, required, { claims: { [claim]: value } }),
      ),
      refused(`${claim}-string`, `${claim} is a string of digits`, numericDate, {
        claims: { [claim]: String(claim === 'exp' ? now + 300 : now) },
      }),
      refused(`${claim}-array`, `${claim} is a list of one number`, numericDate, {
        claims: { [claim]: [claim === 'exp' ? now + 300 : now] },
      }),
      refused(`${claim}-date`, `${claim} is a date in words`, numericDate, {
        claims: { [claim]: '2026-01-01T00:05:00Z' },
      }),
      refused(`${claim}-nan-string`, `${claim} is the string NaN`, numericDate, { claims: { [claim]: 'NaN' } }),
      refused(`${claim}-beyond-double`, `${claim} is 1e400, which no double holds`, numericDate, raw(claim, '1e400')),
      refused(
        `${claim}-beyond-double-negative`,
        `${claim} is -1e400`,
        numericDate,
        claim === 'exp' ? raw(claim, '-1e400') : raw(claim, '-1e400'),
      ),
    ]),
    ...wrongTypes
      .slice(1)
      .map(([id, value]) => refused(`nbf-${id}`, `nbf is ${show(value)}`, numericDate, { claims: { nbf: value } })),
    refused('nbf-string', 'nbf is a string of digits', numericDate, { claims: { nbf: String(now) } }),
    refused('nbf-beyond-double', 'nbf is 1e400, which no double holds', numericDate, {
      claims: { nbf: 0 },
      ...raw('nbf', '1e400'),
    }),
    ...wrongTypes.map(([id, value]) =>
      refused(`aud-${id}`, `aud is ${show(value)}`, required, { claims: { aud: value } }),
    ),

    accepted('exp-in-one-second', 'exp is a second ahead', 'RFC 7519 §4.1.4', { claims: { exp: now + 1 } }),
    accepted('exp-now', 'exp is now, within the leeway', 'RFC 7519 §4.1.4', { claims: { exp: now } }),
    accepted('exp-inside-leeway', 'exp is a second less ago than the leeway', 'RFC 7519 §4.1.4', {
      claims: { exp: now - leeway + 1 },
    }),
    refused('exp-at-leeway', 'exp is as long ago as the leeway: on it counts as past', 'RFC 7519 §4.1.4', {
      claims: { exp: now - leeway },
    }),
    refused('exp-past-leeway', 'exp is a second more ago than the leeway', 'RFC 7519 §4.1.4', {
      claims: { exp: now - leeway - 1 },
    }),
    refused('exp-minute-ago', 'exp is a minute ago', 'RFC 7519 §4.1.4', { claims: { exp: now - 60 } }),
    refused('exp-year-ago', 'exp is a year ago', 'RFC 7519 §4.1.4', {
      claims: { iat: now - 31_536_300, exp: now - 31_536_000 },
    }),
    refused('exp-zero', 'exp is 0', 'RFC 7519 §4.1.4', { claims: { exp: 0 } }),
    refused('exp-negative', 'exp is negative', 'RFC 7519 §4.1.4', { claims: { exp: -1 } }),
    refused('exp-negative-zero', 'exp is -0', 'RFC 7519 §4.1.4', raw('exp', '-0')),
    refused('exp-small-fraction', 'exp is 1e-300', 'RFC 7519 §4.1.4', raw('exp', '1e-300')),
    accepted('exp-fraction', 'exp has a fraction', numericDate, { claims: { exp: now + 0.5 } }),
    accepted('exp-exponent', 'exp is written with an exponent', numericDate, raw('exp', '1.767229e9')),
    accepted('exp-year-9999', 'exp is in the year 9999', 'RFC 7519 §4.1.4', { claims: { exp: 253_402_300_799 } }),
    accepted('exp-milliseconds', 'exp in milliseconds, which is far ahead', 'RFC 7519 §4.1.4', {
      claims: { exp: (now + 300) * 1000 },
    }),
    accepted('exp-beyond-32-bits', 'exp is beyond 32 bits', numericDate, { claims: { exp: 2 ** 32 + 1 } }),
    accepted('exp-beyond-53-bits', 'exp is beyond what a double counts', numericDate, raw('exp', '9007199254740993')),
    refused('exp-minus-53-bits', 'exp is far before 1970', numericDate, raw('exp', '-9007199254740993')),
    accepted('nbf-now', 'nbf is now', 'RFC 7519 §4.1.5', { claims: { nbf: now } }),
    accepted('nbf-past', 'nbf is an hour ago', 'RFC 7519 §4.1.5', { claims: { nbf: now - 3600 } }),
    accepted('nbf-zero', 'nbf is 0', 'RFC 7519 §4.1.5', { claims: { nbf: 0 } }),
    accepted('nbf-negative', 'nbf is negative', 'RFC 7519 §4.1.5', { claims: { nbf: -1 } }),
    accepted('nbf-at-leeway', 'nbf is as far ahead as the leeway', 'RFC 7519 §4.1.5', {
      claims: { nbf: now + leeway },
    }),
    refused('nbf-past-leeway', 'nbf is a second further ahead than the leeway', 'RFC 7519 §4.1.5', {
      claims: { nbf: now + leeway + 1 },
    }),
    refused('nbf-hour-ahead', 'nbf is an hour ahead', 'RFC 7519 §4.1.5', {
      claims: { nbf: now + 3600, exp: now + 7200 },
    }),
    refused('nbf-milliseconds', 'nbf in milliseconds, which is far ahead', 'RFC 7519 §4.1.5', {
      claims: { nbf: now * 1000 },
    }),
    accepted('iat-at-leeway', 'iat is as far ahead as the leeway', 'RFC 7519 §4.1.6', {
      claims: { iat: now + leeway },
    }),
    refused(
      'iat-past-leeway',
      'iat is a second further ahead than the leeway',
      'RFC 7519 §4.1.6; threat model: clocks',
      { claims: { iat: now + leeway + 1 } },
    ),
    refused('iat-hour-ahead', 'iat is an hour ahead', 'RFC 7519 §4.1.6', {
      claims: { iat: now + 3600, exp: now + 7200 },
    }),
    refused('iat-milliseconds', 'iat in milliseconds, which is far ahead', 'RFC 7519 §4.1.6', {
      claims: { iat: now * 1000 },
    }),
    accepted('iat-zero', 'iat is 0: nobody has a greatest age', 'RFC 7519 §4.1.6', { claims: { iat: 0 } }),
    accepted('iat-year-ago', 'iat is a year ago', 'RFC 7519 §4.1.6', { claims: { iat: now - 31_536_000 } }),
    accepted('iat-fraction', 'iat has a fraction', numericDate, { claims: { iat: now + 0.25 } }),

    ...issuers.map(([id, title, value]) =>
      refused(`iss-${id}`, `iss is the issuer ${title}`, 'RFC 9068 §4; RFC 8414 §3.3', { claims: { iss: value } }),
    ),
    refused('iss-array-of-two', 'iss is a list with the issuer first', 'RFC 7519 §4.1.1; CVE-2025-30144', {
      claims: { iss: [issuer, 'https://attacker.example'] },
    }),
    refused('iss-array-attacker-first', 'iss is a list with the attacker first', 'RFC 7519 §4.1.1; CVE-2025-30144', {
      claims: { iss: ['https://attacker.example', issuer] },
    }),
    refused('iss-twice-last-other', 'iss twice, the last one another', 'RFC 7519 §4', {
      claimsText: (text) => text.replace(/\}$/, ',"iss":"https://attacker.example"}'),
    }),
    refused('iss-twice-last-good', 'iss twice, the last one good', 'RFC 7519 §4', {
      latitude: 'RFC 7519 §4 lets a reader take the last of two members instead of refusing',
      claimsText: (text) => text.replace('{', '{"iss":"https://attacker.example",'),
    }),

    ...audiences.map(([id, title, value]) =>
      refused(`aud-${id}`, `aud is ${title}`, 'RFC 7519 §4.1.3; RFC 9068 §4', { claims: { aud: value } }),
    ),
    accepted('aud-array', 'aud is a list of it', 'RFC 7519 §4.1.3', { claims: { aud: [audience] } }),
    accepted('aud-array-first', 'aud is a list with it first', 'RFC 7519 §4.1.3', {
      claims: { aud: [audience, 'https://other-api.example'] },
    }),
    accepted('aud-array-last', 'aud is a list with it last', 'RFC 7519 §4.1.3', {
      claims: { aud: ['https://other-api.example', audience] },
    }),
    accepted('aud-array-twice', 'aud is a list with it twice', 'RFC 7519 §4.1.3', {
      claims: { aud: [audience, audience] },
    }),
    accepted('aud-array-of-fifty', 'aud is a list of fifty with it among them', 'RFC 7519 §4.1.3', {
      claims: {
        aud: Array.from({ length: 50 }, (_, index) => (index === 25 ? audience : `https://api-${index}.example`)),
      },
    }),
    refused('aud-array-of-fifty-others', 'aud is a list of fifty others', 'RFC 7519 §4.1.3', {
      claims: { aud: Array.from({ length: 50 }, (_, index) => `https://api-${index}.example`) },
    }),
    refused('aud-twice-last-other', 'aud twice, the last one another', 'RFC 7519 §4', {
      claimsText: (text) => text.replace(/\}$/, ',"aud":"https://other-api.example"}'),
    }),
    accepted('aud-urn', 'aud is a URN, as the API is named', 'RFC 7519 §4.1.3', {
      settings: 'urn-audience',
      claims: { aud: 'urn:example:api' },
    }),
    refused('aud-urn-other-case', 'aud is the URN in capitals', 'RFC 7519 §4.1.3', {
      settings: 'urn-audience',
      claims: { aud: 'URN:EXAMPLE:API' },
    }),
    refused('aud-of-other-settings', 'aud is right for another API of the same issuer', 'RFC 8725 §3.9', {
      settings: 'urn-audience',
    }),

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
