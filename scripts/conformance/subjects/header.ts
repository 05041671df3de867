import { createHash } from 'node:crypto'
import type { Recipe } from '../recipe.ts'
import { publicJwk, testKey } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('header')

const embedded = 'RFC 8725 §3.5, §3.10; CVE-2018-0114'
const crit = 'RFC 7515 §4.1.11'
const kid = 'RFC 8725 §3.10'
const lastOfTwo = 'RFC 7515 §4 and RFC 7519 §4 let a reader take the last of two members instead of refusing'
const typ = 'RFC 9068 §2.1, §4; RFC 8725 §3.11'

const attackerJwk = publicJwk('attacker-es256')
const thumbprint = (jwk: Record<string, unknown>) =>
  createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))
    .digest('base64url')

/** A header whose `alg` is the signer's and which brings a key along. */
const byAttacker = (header: Readonly<Record<string, unknown>>): Recipe => ({ key: 'attacker-es256', header })

const kids: readonly (readonly [id: string, title: string, value: unknown])[] = [
  ['unknown', 'a key that is not in the set', 'unknown'],
  ['empty', 'the empty name', ''],
  ['null', 'null', null],
  ['number', 'a number', 0],
  ['true', 'true', true],
  ['array', 'a list with the right name', ['issuer-es256']],
  ['object', 'an object', { kid: 'issuer-es256' }],
  ['upper-case', 'the right name in capitals', 'ISSUER-ES256'],
  ['space-after', 'the right name and a space', 'issuer-es256 '],
  ['nul-after', 'the right name and NUL', 'issuer-es256\u0000'],
  ['line-feed', 'the right name and a line feed', 'issuer-es256\n'],
  ['path', 'a path to an empty file', '../../../../../../dev/null'],
  ['absolute-path', 'an absolute path', '/proc/sys/kernel/randomize_va_space'],
  ['url', 'a URL', 'https://attacker.example/jwks.json'],
  ['sql', 'an injection into SQL', "x' UNION SELECT 'AAAA' -- "],
  ['ldap', 'an injection into LDAP', '*)(uid=*))(|(uid=*'],
  ['command', 'a command', '$(sleep 10)|`id`;'],
  ['template', 'a template', '{{7*7}}<%= 7*7 %>#{7*7}'],
  ['prototype', '__proto__', '__proto__'],
  ['constructor', 'constructor', 'constructor'],
  ['length', 'length', 'length'],
  ['index', 'the index of the key', '0'],
  ['long', 'a name of 8000 characters', 'k'.repeat(8000)],
  ['pattern', 'a pattern that matches every name', '.*'],
  ['other-key', 'another key of the same issuer', 'issuer-es384'],
]

const types: readonly (readonly [id: string, value: unknown])[] = [
  ['jwt', 'JWT'],
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['number', 1],
  ['array', ['at+jwt']],
  ['object', { typ: 'at+jwt' }],
  ['at', 'at'],
  ['at-plus', 'at+'],
  ['suffix', 'at+jwt2'],
  ['prefix', 'xat+jwt'],
  ['space-after', 'at+jwt '],
  ['parameter', 'at+jwt; v=1'],
  ['application-only', 'application/jwt'],
  ['application-other', 'application/id+jwt'],
  ['application-twice', 'application/application/at+jwt'],
  ['text', 'text/at+jwt'],
  ['nul', 'at+jwt\u0000'],
  ['percent', 'at%2Bjwt'],
  ['space-for-plus', 'at jwt'],
  ['jose', 'JOSE'],
  ['kelvin', 'at+jwt\u212a'],
]

export const headerVectors: Subject = {
  name: 'header',
  title: 'Headers: keys brought along, crit, names of keys, types, members twice',
  vectors: [
    refused('jwk', 'The attacker’s key in jwk', embedded, byAttacker({ jwk: attackerJwk })),
    refused(
      'jwk-right-kid',
      'The attacker’s key in jwk, named as the issuer’s',
      embedded,
      byAttacker({ jwk: { ...attackerJwk, kid: 'issuer-es256' }, kid: 'issuer-es256' }),
    ),
    refused(
      'jwk-no-kid',
      'The attacker’s key in jwk and no kid',
      embedded,
      byAttacker({ jwk: attackerJwk, kid: undefined }),
    ),
    refused(
      'jwk-thumbprint',
      'The attacker’s key in jwk and its thumbprint as kid',
      embedded,
      byAttacker({ jwk: attackerJwk, kid: thumbprint(attackerJwk) }),
    ),
    refused(
      'jwk-private',
      'The attacker’s private key in jwk',
      embedded,
      byAttacker({ jwk: { ...attackerJwk, d: testKey('attacker-es256').jwk.d } }),
    ),
    refused('jwk-symmetric', 'A secret in jwk, and HS256', embedded, {
      header: { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } },
      sign: () => Buffer.alloc(32),
    }),
    refused(
      'jku',
      'The attacker’s key set by jku',
      embedded,
      byAttacker({ jku: 'https://attacker.example/jwks.json' }),
    ),
    refused(
      'jku-right-kid',
      'The attacker’s key set by jku, with the issuer’s kid',
      embedded,
      byAttacker({ jku: 'https://attacker.example/jwks.json', kid: 'issuer-es256' }),
    ),
    refused(
      'jku-issuer-prefix',
      'A jku that begins as the issuer does',
      embedded,
      byAttacker({ jku: 'https://issuer.example@attacker.example/jwks.json' }),
    ),
    refused(
      'jku-redirect',
      'A jku at the issuer that might redirect',
      embedded,
      byAttacker({ jku: 'https://issuer.example/redirect?to=https://attacker.example/jwks.json' }),
    ),
    refused(
      'jku-internal',
      'A jku at an address inside',
      embedded,
      byAttacker({ jku: 'http://169.254.169.254/latest/meta-data/' }),
    ),
    refused('jku-file', 'A jku of a file', embedded, byAttacker({ jku: 'file:///etc/passwd' })),
    refused(
      'x5u',
      'The attacker’s certificate by x5u',
      embedded,
      byAttacker({ x5u: 'https://attacker.example/cert.pem' }),
    ),
    refused(
      'x5u-right-kid',
      'The attacker’s certificate by x5u, with the issuer’s kid',
      embedded,
      byAttacker({ x5u: 'https://attacker.example/cert.pem', kid: 'issuer-es256' }),
    ),
    refused('x5c', 'A certificate in x5c', embedded, byAttacker({ x5c: ['MIIBAAAA'] })),
    refused(
      'x5c-right-kid',
      'A certificate in x5c, with the issuer’s kid',
      embedded,
      byAttacker({ x5c: ['MIIBAAAA'], kid: 'issuer-es256' }),
    ),
    refused(
      'x5t',
      'The thumbprint of the attacker’s certificate',
      embedded,
      byAttacker({ x5t: 'dGh1bWI', 'x5t#S256': 'dGh1bWI' }),
    ),
    accepted(
      'jwk-ignored',
      'A good signature, and the attacker’s key in jwk, which counts for nothing',
      'RFC 7515 §4.1.3',
      { header: { jwk: attackerJwk } },
    ),
    accepted('jku-ignored', 'A good signature, and a jku that nobody fetches', 'RFC 7515 §4.1.2', {
      header: { jku: 'https://attacker.example/jwks.json' },
    }),
    accepted('x5u-ignored', 'A good signature, and an x5u that nobody fetches', 'RFC 7515 §4.1.5', {
      header: { x5u: 'https://attacker.example/cert.pem' },
    }),

    refused('crit-unknown', 'crit names an extension nobody knows', crit, {
      header: { crit: ['exp-extension'], 'exp-extension': 1 },
    }),
    refused('crit-absent-member', 'crit names a member that is not there', crit, {
      header: { crit: ['exp-extension'] },
    }),
    refused('crit-empty', 'crit is empty', crit, { header: { crit: [] } }),
    refused('crit-null', 'crit is null', crit, { header: { crit: null } }),
    refused('crit-string', 'crit is a string', crit, { header: { crit: 'exp', exp: 1 } }),
    refused('crit-object', 'crit is an object', crit, { header: { crit: { exp: true }, exp: 1 } }),
    refused('crit-number-inside', 'crit has a number', crit, { header: { crit: [1] } }),
    refused('crit-empty-name', 'crit has the empty name', crit, { header: { crit: [''], '': 1 } }),
    refused('crit-twice', 'crit names an extension twice', crit, { header: { crit: ['x', 'x'], x: 1 } }),
    refused('crit-alg', 'crit names a member of the specification', crit, { header: { crit: ['alg'] } }),
    refused('crit-typ', 'crit names typ', crit, { header: { crit: ['typ'] } }),
    refused('crit-crit', 'crit names itself', crit, { header: { crit: ['crit'] } }),
    refused('crit-prototype', 'crit names what every object has', crit, { header: { crit: ['toString'] } }),
    refused('b64-false', 'b64 is false: a payload that is not encoded', 'RFC 7797 §7; RFC 7519 §7.2', {
      header: { b64: false, crit: ['b64'] },
    }),
    refused('b64-true', 'b64 is true and critical: an extension', 'RFC 7797 §6; RFC 7515 §4.1.11', {
      latitude: 'A verifier that knows RFC 7797 takes true for what it is: nothing',
      header: { b64: true, crit: ['b64'] },
    }),
    refused('b64-not-critical', 'b64 is false and not critical: two readers see two payloads', 'RFC 7797 §6', {
      latitude: 'A reader that does not know RFC 7797 ignores it',
      header: { b64: false },
    }),
    refused('zip', 'zip, which JWS does not know', 'RFC 7515 §4; CVE-2024-28176', {
      latitude: 'RFC 7515 §4 says to ignore members that are not understood',
      header: { zip: 'DEF' },
    }),
    accepted('enc', 'enc, which JWS does not know', 'RFC 7515 §4', { header: { enc: 'A256GCM' } }),
    accepted('unknown-member', 'A member nobody knows', 'RFC 7515 §4', { header: { 'x-trace': 'a' } }),
    accepted('cty', 'A content type', 'RFC 7515 §4.1.10', { header: { cty: 'json' } }),

    ...kids.map(([id, title, value]) => refused(`kid-${id}`, `kid is ${title}`, kid, { header: { kid: value } })),
    ...types.map(([id, value]) =>
      refused(`typ-${id}`, `typ is ${value === undefined ? 'missing' : JSON.stringify(value)}`, typ, {
        header: { typ: value },
      }),
    ),
    accepted('typ-upper-case', 'typ in capitals', 'RFC 7515 §4.1.9; RFC 2045 §5.1', { header: { typ: 'AT+JWT' } }),
    accepted('typ-mixed-case', 'typ in mixed case', 'RFC 7515 §4.1.9; RFC 2045 §5.1', { header: { typ: 'At+Jwt' } }),
    accepted('typ-application', 'typ with application/', typ, { header: { typ: 'application/at+jwt' } }),
    accepted('typ-application-upper-case', 'typ with application/ in capitals', 'RFC 7515 §4.1.9', {
      header: { typ: 'APPLICATION/AT+JWT' },
    }),

    refused('alg-twice-last-good', 'alg twice, the last one good', 'RFC 7515 §4', {
      latitude: lastOfTwo,
      headerText: (text) => text.replace('{', '{"alg":"none",'),
    }),
    refused('alg-twice-last-none', 'alg twice, the last one none', 'RFC 7515 §4', {
      headerText: (text) => text.replace('}', ',"alg":"none"}'),
    }),
    refused('alg-twice-last-hs256', 'alg twice, the last one HS256', 'RFC 7515 §4', {
      headerText: (text) => text.replace('}', ',"alg":"HS256"}'),
    }),
    refused('kid-twice-last-unknown', 'kid twice, the last one unknown', 'RFC 7515 §4', {
      headerText: (text) => text.replace('}', ',"kid":"unknown"}'),
    }),
    refused('typ-twice-last-jwt', 'typ twice, the last one JWT', 'RFC 7515 §4', {
      headerText: (text) => text.replace('}', ',"typ":"JWT"}'),
    }),
    accepted('alg-escaped', 'alg written with an escape', 'RFC 8259 §7', {
      headerText: (text) => text.replace('"alg"', '"\\u0061lg"'),
    }),
    refused('alg-in-prototype', 'alg only as a member of __proto__', 'RFC 7515 §4.1.1', {
      headerText: '{"__proto__":{"alg":"ES256"},"typ":"at+jwt","kid":"issuer-es256"}',
    }),
    refused('alg-upper-case-name', 'ALG instead of alg', 'RFC 7515 §4', {
      headerText: '{"ALG":"ES256","typ":"at+jwt","kid":"issuer-es256"}',
    }),
    accepted('white-space', 'White space between the members', 'RFC 7515 §3', {
      headerText: (text) => text.replaceAll(',', ' ,\r\n\t'),
    }),
    refused('white-space-first', 'White space before the brace: no token begins so', 'RFC 7515 §3', {
      latitude: 'JSON allows it; Mintmark tells JWTs from opaque tokens by their first character',
      headerText: (text) => ` ${text}`,
    }),
    accepted('members-in-other-order', 'The members in another order', 'RFC 7515 §4', {
      headerText: '{"kid":"issuer-es256","typ":"at+jwt","alg":"ES256"}',
    }),
  ],
}
