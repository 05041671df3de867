import { authorizationLine as line, requestVectors } from '../request-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, malformed, refused, unreadable } = requestVectors('authorization')

const syntax = 'RFC 6750 §2.1'
const scheme = 'RFC 9110 §11.1; RFC 6750 §2.1'
const twice = 'RFC 9110 §5.3; RFC 6750 §2'

export const authorizationVectors: Subject = {
  name: 'authorization',
  title: 'The Authorization header: case, spaces, lines, and what is no header at all',
  vectors: [
    accepted(
      'bearer',
      'Bearer, a space, the token',
      syntax,
      line((token) => `Bearer ${token}`),
    ),
    accepted(
      'lower-case',
      'The scheme in small letters',
      scheme,
      line((token) => `bearer ${token}`),
    ),
    accepted(
      'upper-case',
      'The scheme in capitals',
      scheme,
      line((token) => `BEARER ${token}`),
    ),
    accepted(
      'mixed-case',
      'The scheme in mixed case',
      scheme,
      line((token) => `bEaReR ${token}`),
    ),
    accepted('name-lower-case', 'The name of the header in small letters', 'RFC 9110 §5.1', (token) => [
      ['authorization', `Bearer ${token}`],
    ]),
    accepted('name-upper-case', 'The name of the header in capitals', 'RFC 9110 §5.1', (token) => [
      ['AUTHORIZATION', `Bearer ${token}`],
    ]),

    malformed(
      'two-spaces',
      'Two spaces before the token',
      syntax,
      line((token) => `Bearer  ${token}`),
    ),
    malformed(
      'tab',
      'A tab before the token',
      syntax,
      line((token) => `Bearer\t${token}`),
    ),
    malformed(
      'space-tab',
      'A space and a tab before the token',
      syntax,
      line((token) => `Bearer \t${token}`),
    ),
    malformed(
      'word-after',
      'Another word after the token',
      syntax,
      line((token) => `Bearer ${token} x`),
    ),
    malformed(
      'scheme-alone',
      'The scheme alone',
      syntax,
      line(() => 'Bearer'),
    ),
    malformed(
      'scheme-alone-lower-case',
      'The scheme alone in small letters',
      syntax,
      line(() => 'bearer'),
    ),
    malformed(
      'colon',
      'A colon after the scheme',
      syntax,
      line((token) => `Bearer: ${token}`),
    ),
    malformed(
      'equals',
      'An equals sign after the scheme',
      syntax,
      line((token) => `Bearer=${token}`),
    ),
    malformed(
      'comma-after-scheme',
      'A comma after the scheme',
      syntax,
      line((token) => `Bearer, ${token}`),
    ),
    malformed(
      'quotes',
      'The token in quotes',
      syntax,
      line((token) => `Bearer "${token}"`),
    ),
    malformed(
      'single-quotes',
      'The token in single quotes',
      syntax,
      line((token) => `Bearer '${token}'`),
    ),
    malformed(
      'angle-brackets',
      'The token in angle brackets',
      syntax,
      line((token) => `Bearer <${token}>`),
    ),
    malformed(
      'parameter',
      'The token as a parameter',
      syntax,
      line((token) => `Bearer token=${token}`),
    ),
    malformed(
      'parameter-access-token',
      'The token as the parameter access_token',
      syntax,
      line((token) => `Bearer access_token="${token}"`),
    ),
    malformed(
      'realm-after',
      'A realm after the token',
      syntax,
      line((token) => `Bearer ${token}, realm="x"`),
    ),
    malformed(
      'comma-after',
      'A comma after the token',
      syntax,
      line((token) => `Bearer ${token},`),
    ),
    malformed(
      'semicolon-after',
      'A semicolon after the token',
      syntax,
      line((token) => `Bearer ${token};`),
    ),
    malformed(
      'comment',
      'A comment after the token',
      syntax,
      line((token) => `Bearer ${token} (good)`),
    ),
    malformed(
      'scheme-twice',
      'The scheme twice',
      syntax,
      line((token) => `Bearer Bearer ${token}`),
    ),
    malformed(
      'percent',
      'A character of the token in percent-encoding',
      syntax,
      line((token) => `Bearer %65${token.slice(1)}`),
    ),
    malformed(
      'equals-inside',
      'An equals sign inside the token',
      syntax,
      line((token) => `Bearer ${token.replace('.', '=.')}`),
    ),
    malformed(
      'no-break-space',
      'A no-break space before the token',
      syntax,
      line((token) => `Bearer\u00a0${token}`),
    ),
    malformed(
      'not-ascii',
      'A letter outside of ASCII in the token',
      syntax,
      line((token) => `Bearer ${token}\u00e9`),
    ),
    malformed(
      'at-sign',
      'An at sign in the token',
      syntax,
      line((token) => `Bearer ${token}@api`),
    ),
    malformed(
      'backslash',
      'A backslash in the token',
      syntax,
      line((token) => `Bearer ${token}\\`),
    ),
    malformed(
      'joined',
      'Two tokens in one line, with a comma',
      twice,
      line((token) => `Bearer ${token}, Bearer ${token}`),
    ),
    malformed(
      'joined-basic',
      'A token and Basic in one line, with a comma',
      twice,
      line((token) => `Bearer ${token}, Basic YTpi`),
    ),
    malformed(
      'joined-basic-first',
      'Basic and a token in one line, with a comma',
      twice,
      line((token) => `Basic YTpi, Bearer ${token}`),
    ),
    malformed(
      'joined-after-nothing',
      'A comma and a token',
      twice,
      line((token) => `, Bearer ${token}`),
    ),
    malformed('two-lines', 'Two lines with the same token', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', `Bearer ${token}`],
    ]),
    malformed('two-lines-other-case', 'Two lines whose names differ in case', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['authorization', `Bearer ${token}`],
    ]),
    malformed('two-lines-second-bad', 'Two lines, the second with a bad token', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', 'Bearer bad'],
    ]),
    malformed('two-lines-first-bad', 'Two lines, the first with a bad token', twice, (token) => [
      ['Authorization', 'Bearer bad'],
      ['Authorization', `Bearer ${token}`],
    ]),
    malformed('two-lines-basic', 'Two lines, a token and Basic', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', 'Basic YTpi'],
    ]),
    malformed('two-lines-basic-first', 'Two lines, Basic and a token', twice, (token) => [
      ['Authorization', 'Basic YTpi'],
      ['Authorization', `Bearer ${token}`],
    ]),
    malformed('two-lines-second-empty', 'Two lines, the second empty', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', ''],
    ]),
    malformed('two-lines-first-empty', 'Two lines, the first empty', twice, (token) => [
      ['Authorization', ''],
      ['Authorization', `Bearer ${token}`],
    ]),
    malformed('two-lines-apart', 'Two lines with another header between', twice, (token) => [
      ['Authorization', `Bearer ${token}`],
      ['Accept', '*/*'],
      ['Authorization', `Bearer ${token}`],
    ]),

    refused('bad-token', 'A token that is none', 'RFC 6750 §3.1', () => [['Authorization', 'Bearer bad']]),
    refused(
      'padding-only-after',
      'A token with padding, which the header allows and JWTs do not have',
      syntax,
      line((token) => `Bearer ${token}==`),
    ),
    refused('symbols', 'Every character the header allows', syntax, () => [['Authorization', 'Bearer -._~+/==']]),
    refused('one-character', 'A token of one character', syntax, () => [['Authorization', 'Bearer a']]),
    refused('cookie-beside-bad', 'A good token in a cookie beside a bad one', syntax, (token) => [
      ['Authorization', 'Bearer bad'],
      ['Cookie', `access_token=${token}`],
    ]),

    unreadable(
      'line-feed-in-value',
      'A line feed inside of the value',
      'RFC 9110 §5.5; CWE-113',
      line((token) => `Bearer ${token}\n x`),
    ),
    unreadable(
      'nul-in-value',
      'NUL inside of the value',
      'RFC 9110 §5.5',
      line((token) => `Bearer ${token}\u0000`),
    ),
    unreadable(
      'carriage-return-in-value',
      'A carriage return inside of the value',
      'RFC 9110 §5.5; CWE-113',
      line((token) => `Bearer ${token}\rX-Injected: 1`),
    ),
    unreadable('space-before-colon', 'A space between the name and its colon', 'RFC 9112 §5.1', (token) => [
      ['Authorization ', `Bearer ${token}`],
    ]),
    unreadable('name-with-space', 'A name with a space', 'RFC 9110 §5.1', (token) => [
      ['Author ization', `Bearer ${token}`],
    ]),
  ],
}
