import { makeToken } from '../recipe.ts'
import { requestVectors } from '../request-vector.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { accepted, refused } = tokenVectors('limits')
const request = requestVectors('limits')

const source = 'CVE-2025-30204; SEC-262'
const padded = (length: number) => ({ claims: { note: 'n'.repeat(length) } })

export const limitsVectors: Subject = {
  name: 'limits',
  title: 'Limits: long tokens, many headers, what costs more to refuse than to send',
  vectors: [
    accepted('token-2k', 'A good token of about 2 KiB', source, padded(1100)),
    accepted('token-4k', 'A good token of about 4 KiB', source, padded(2600)),
    accepted('token-7k', 'A good token of about 7 KiB', source, padded(4800)),
    refused('token-7k-bad-signature', 'A token of about 7 KiB with a bad signature', source, {
      ...padded(4800),
      sign: () => Buffer.alloc(64, 1),
    }),
    refused('header-7k', 'A header of about 7 KiB that names no key', source, { header: { kid: 'k'.repeat(4800) } }),
    refused('signature-7k', 'A signature of about 7 KiB', source, { sign: () => Buffer.alloc(4800, 1) }),
    refused('crit-thousand', 'crit with a thousand names', 'RFC 7515 §4.1.11', {
      header: { crit: Array.from({ length: 1000 }, (_, index) => `x${index}`) },
    }),
    refused('claims-thousand-members', 'A thousand members and a bad signature', source, {
      claims: Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`m${index}`, 1])),
      sign: () => Buffer.alloc(64, 1),
    }),
    accepted('claims-members', 'Six hundred members', source, {
      claims: Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`m${index}`, 1])),
    }),
    refused('number-long', 'exp is a number of four thousand digits, which no double holds', source, {
      claimsText: (text) => text.replace(/"exp":\d+/, `"exp":${'9'.repeat(4000)}`),
    }),
    request.refused('token-17k', 'A token longer than 16 KiB', source, () => [
      ['Authorization', `Bearer ${makeToken('limits-token-17k', padded(12_600))}`],
    ]),
    request.refused('letters-40k', 'Forty thousand letters', source, () => [
      ['Authorization', `Bearer ${'a'.repeat(40_000)}`],
    ]),
    request.refused('dots-40k', 'Forty thousand dots', source, () => [
      ['Authorization', `Bearer ${'.'.repeat(40_000)}`],
    ]),
    request.refused('equals-8k', 'Eight thousand equals signs after a letter', source, () => [
      ['Authorization', `Bearer a${'='.repeat(7000)}`],
    ]),
    request.malformed('spaces-7k', 'Seven thousand spaces before the token', source, (token) => [
      ['Authorization', `Bearer ${' '.repeat(7000)}${token}`],
    ]),
    request.accepted('headers-90', 'Ninety other headers', source, (token) => [
      ...Array.from({ length: 90 }, (_, index) => [`X-Header-${index}`, 'x'] as const),
      ['Authorization', `Bearer ${token}`],
    ]),
    request.accepted(
      'query-4k',
      'A query of four thousand characters',
      source,
      (token) => [['Authorization', `Bearer ${token}`]],
      { path: () => `/read?${'a=b&'.repeat(1000)}c=d` },
    ),
  ],
}
