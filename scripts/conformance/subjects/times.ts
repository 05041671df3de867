import { leeway, now } from '../settings.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

import { show, wrongTypes } from '../wrong-types.ts'

const { accepted, refused } = tokenVectors('claims')

const required = 'RFC 9068 §2.2, §4'
const numericDate = 'RFC 7519 §2, NumericDate'
const times = ['exp', 'iat'] as const

/** A claim as JSON.stringify would not write it. */
const raw = (claim: string, value: string) => ({
  claimsText: (text: string) => text.replace(new RegExp(`"${claim}":[^,}]+`), `"${claim}":${value}`),
})

export const timesVectors: Subject = {
  name: 'times',
  title: 'Times: exp, nbf and iat in the wrong type, at their boundaries, and as numbers that no clock shows',
  vectors: [
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
  ],
}
