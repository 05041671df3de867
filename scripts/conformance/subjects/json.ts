import type { Recipe } from '../recipe.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('encoding')

const json = 'RFC 7515 §5.2; RFC 7519 §7.2'

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

export const jsonVectors: Subject = {
  name: 'json',
  title: 'JSON: headers and claims that are none, or not UTF-8, or deep',
  vectors: [
    ...(
      [
        ['string', '"at+jwt"'],
        ['number', '1'],
        ['null', 'null'],
        ['true', 'true'],
        ['array', '[{"alg":"ES256"}]'],
        ['empty-object', '{}'],
        ['cut', '{"alg":"ES256","typ":"at+jwt","kid":"issuer-es256"'],
        ['more', '{"alg":"ES256","typ":"at+jwt","kid":"issuer-es256"}}'],
        ['two-objects', '{"alg":"ES256","typ":"at+jwt","kid":"issuer-es256"}{}'],
        ['trailing-comma', '{"alg":"ES256","typ":"at+jwt","kid":"issuer-es256",}'],
        ['single-quotes', "{'alg':'ES256','typ':'at+jwt','kid':'issuer-es256'}"],
        ['unquoted', '{alg:"ES256",typ:"at+jwt",kid:"issuer-es256"}'],
        ['comment', '{"alg":"ES256",/*x*/"typ":"at+jwt","kid":"issuer-es256"}'],
        ['nul', '{"alg":"ES256","typ":"at+jwt","kid":"issuer-es256"}\u0000'],
        ['white-space-only', '   '],
        ['xml', '<alg>ES256</alg>'],
      ] as const
    ).map(([id, headerText]) =>
      refused(`header-json-${id}`, `header: ${headerText.replace('\u0000', 'NUL')}`, json, { headerText }),
    ),
    ...(
      [
        ['string', '"claims"'],
        ['number', '1'],
        ['null', 'null'],
        ['array', '[]'],
        ['array-of-claims', '[{"iss":"https://issuer.example/tenant/workspace"}]'],
        ['empty-object', '{}'],
        ['not-json', 'claims'],
        ['white-space-only', '\n'],
      ] as const
    ).map(([id, claimsText]) =>
      refused(`claims-json-${id}`, `claims: ${JSON.stringify(claimsText)}`, json, { claimsText }),
    ),
    refused('claims-json-cut', 'claims: the last brace is missing', json, { claimsText: (text) => text.slice(0, -1) }),
    refused('claims-json-more', 'claims: a brace more', json, { claimsText: (text) => `${text}}` }),
    refused('claims-json-nul', 'claims: NUL follows', json, { claimsText: (text) => `${text}\u0000` }),
    refused('claims-json-nan', 'claims: exp is NaN, which JSON does not have', json, {
      claimsText: (text) => text.replace(/"exp":\d+/, '"exp":NaN'),
    }),
    refused('claims-json-infinity', 'claims: exp is Infinity, which JSON does not have', json, {
      claimsText: (text) => text.replace(/"exp":\d+/, '"exp":Infinity'),
    }),
    refused('claims-json-hexadecimal', 'claims: exp in hexadecimal', json, {
      claimsText: (text) => text.replace(/"exp":\d+/, '"exp":0x7fffffff'),
    }),
    refused('claims-json-leading-zero', 'claims: exp with a zero before it', json, {
      claimsText: (text) => text.replace('"exp":', '"exp":0'),
    }),
    refused('claims-json-plus', 'claims: exp with a plus before it', json, {
      claimsText: (text) => text.replace('"exp":', '"exp":+'),
    }),
    refused(
      'claims-utf8-invalid',
      'claims: an octet that is not UTF-8',
      'RFC 7519 §7.2; RFC 3629 §3',
      withOctets([0xff]),
    ),
    refused('claims-utf8-overlong', 'claims: a slash in two octets of UTF-8', 'RFC 3629 §3', withOctets([0xc0, 0xaf])),
    refused(
      'claims-utf8-surrogate',
      'claims: half a pair in three octets of UTF-8',
      'RFC 3629 §3',
      withOctets([0xed, 0xa0, 0x80]),
    ),
    refused('claims-utf8-cut', 'claims: a character of UTF-8 that is cut off', 'RFC 3629 §3', withOctets([0xe2, 0x98])),
    refused('claims-utf16', 'claims: in UTF-16', 'RFC 8259 §8.1', {
      claimsOctets: (text) => Buffer.from(text, 'utf16le'),
    }),
    accepted('claims-white-space', 'claims: white space between the members', 'RFC 7519 §3', {
      claimsText: (text) => ` ${text.replaceAll(',"', ' ,\r\n\t"')}\n`,
    }),
    accepted('claims-escaped', 'claims: names and values written with escapes', 'RFC 8259 §7', {
      claimsText: (text) => text.replace('"iss":"https:', '"\\u0069ss":"https\\u003a').replaceAll('/', '\\/'),
    }),
    accepted('claims-unicode', 'claims: letters of many scripts', 'RFC 7519 §3', {
      claims: { note: 'Zürich Москва 東京 ☃ 🦉' },
    }),
    accepted(
      'claims-lone-surrogate-escape',
      'claims: half a pair as an escape in a member nobody reads',
      'RFC 8259 §8.2',
      { claimsText: (text) => text.replace('{', '{"note":"\\ud800",') },
    ),
    accepted('claims-deep', 'claims: lists in lists, eight deep', 'RFC 8259 §9', {
      claimsText: (text) => text.replace('{', `{"note":${deep(8)},`),
    }),
    refused('claims-deep-hundred', 'claims: lists in lists, a hundred deep, in a member nobody reads', 'RFC 8259 §9', {
      latitude: 'RFC 8259 §9 lets a parser set a limit to depth, and demands none',
      claimsText: (text) => text.replace('{', `{"note":${deep(100)},`),
    }),
    refused('claims-deep-open', 'claims: five thousand opened lists', 'CVE-2025-53864', {
      claimsText: '['.repeat(5000),
    }),
    refused('claims-deep-closed', 'claims: nothing but lists in lists, two thousand deep', 'CVE-2025-53864', {
      claimsText: deep(2000),
    }),
    refused('header-deep', 'header: nothing but lists in lists, two thousand deep', 'CVE-2025-53864', {
      headerText: deep(2000),
    }),
    refused('header-deep-objects', 'header: a thousand opened objects', 'CVE-2025-53864', {
      headerText: '{"a":'.repeat(1000),
    }),
  ],
}

function withOctets(octets: readonly number[]): Recipe {
  // The text is written octet by octet, which `claims` as a string of Unicode could not say.
  return {
    claimsOctets: (text) =>
      Buffer.concat([Buffer.from(`${text.slice(0, -1)},"note":"`), Buffer.from(octets), Buffer.from('"}')]),
  }
}
