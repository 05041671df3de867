import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessTokenPrefix, clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import fc from 'fast-check'
import { createCredentialFinder, type Finding, longestCredential } from './find-credentials.ts'

const find = (text: string | Buffer, piece = Number.POSITIVE_INFINITY): Finding[] => {
  const bytes = Buffer.from(text as string)
  const finder = createCredentialFinder()
  const findings: Finding[] = []
  for (let at = 0; at < bytes.length; at += piece) findings.push(...finder.push(bytes.subarray(at, at + piece)))
  return [...findings, ...finder.end()]
}

const prefixes = [clientSecretPrefix, accessTokenPrefix] as const
const credential = fc
  .tuple(fc.constantFrom(...prefixes), fc.uint8Array({ minLength: 16, maxLength: 300 }))
  .map(([prefix, bytes]) => sealFormat(prefix, bytes))
const around = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('m', 'k', '_', 'c', 's', 'a', 't', '\n', '0') }),
  fc.constantFrom(...prefixes, 'mmk_', '%3D', '\\n'),
)

test('a credential is found exactly once, at its place, whatever surrounds it and however it is cut', () => {
  fc.assert(
    fc.property(around, credential, around, fc.integer({ min: 1, max: 80 }), (before, secret, after, piece) => {
      const lines = Buffer.from(before).toString('latin1').split('\n')
      const expected = {
        line: lines.length,
        column: (lines.at(-1)?.length ?? 0) + 1,
        kind: secret.startsWith(clientSecretPrefix) ? 'client_secret' : 'access_token',
        redacted: `${secret.slice(0, 7)}…${secret.slice(-4)}`,
      }
      assert.deepEqual(find(before + secret + after, piece), [expected])
      assert.deepEqual(find(before + secret + after), [expected])
    }),
  )
})

test('a credential with one changed character is not found', () => {
  fc.assert(
    fc.property(around, credential, fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (...given) => {
      const [before, secret, place, character] = given
      const at = place % secret.length
      fc.pre(secret.charAt(at) !== character)
      assert.deepEqual(find(`${before}${secret.slice(0, at)}${character}${secret.slice(at + 1)} `), [])
    }),
  )
})

test('several credentials without a gap are each found, and none of them is shown whole', () => {
  fc.assert(
    fc.property(fc.array(credential, { maxLength: 5 }), fc.integer({ min: 1, max: 80 }), (secrets, piece) => {
      const found = find(secrets.join(''), piece)
      assert.deepEqual(
        found.map(({ redacted }) => redacted),
        secrets.map((secret) => `${secret.slice(0, 7)}…${secret.slice(-4)}`),
      )
    }),
  )
})

test('placeholders, prefixes and endless letters are no credentials', () => {
  for (const text of [
    'mmk_cs_',
    'mmk_cs_EXAMPLE',
    `mmk_at_${'x'.repeat(60)}`,
    sealFormat(clientSecretPrefix, new Uint8Array(6)),
  ])
    assert.deepEqual(find(text), [])
  assert.deepEqual(find(`mmk_cs_${'a'.repeat(3 * longestCredential)}`, 1000), [])
})
