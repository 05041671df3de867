import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifiers, verifyCompact } from './verify-compact.ts'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws?: unknown
  readonly result: 'valid' | 'invalid'
}

interface Group {
  readonly comment: string
  readonly public?: Readonly<Record<string, unknown>>
  readonly private: Readonly<Record<string, unknown>>
  readonly tests: readonly Vector[]
}

type Name = 'json_web_signature' | 'json_web_key' | 'json_web_crypto'

function readGroups(name: Name): readonly Group[] {
  const file = new URL(`../../../conformance/wycheproof/${name}_test.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).testGroups
}

/** A key with another `alg`, which is all that is wrong with some keys of the vectors. */
const labelled = (key: Readonly<Record<string, unknown>>, alg: string) => ({ ...key, alg })

/**
 * The vectors that are decided otherwise here, and why. Beyond these, and the valid ones of symmetric keys, every
 * result is theirs.
 */
const exceptions: Readonly<Record<Name, Readonly<Record<number, string>>>> = {
  json_web_signature: {
    346: 'the key says PS256 and the signature is PS384: one key, one algorithm',
    350: 'the key says PS256 and the signature is PS384: one key, one algorithm',
    347: 'the key says ES521, which is no algorithm',
    351: 'the key says ES521, which is no algorithm',
    372: 'a stray character in the header, marked valid',
    373: 'a stray character in the payload, marked valid',
  },
  json_web_key: { 7: 'a key with the ROCA weakness is not recognized' },
  json_web_crypto: { 46: 'a key with the ROCA weakness is not recognized' },
}

const accepted = (vector: Vector, key: unknown, verifierFor: (typeof verifiers)[string]): Promise<boolean> =>
  verifyCompact(String(vector.jws), key, { verifierFor }).then(
    () => true,
    () => false,
  )

/** Symmetric keys are refused by design, and with them the whole set. */
const isSymmetric = (key: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(key.keys) ? key.keys.some(isSymmetric) : key.kty === 'oct'

const counts: Readonly<Record<Name, number>> = { json_web_signature: 401, json_web_key: 26, json_web_crypto: 49 }

for (const [by, verifierFor] of Object.entries(verifiers)) {
  for (const name of Object.keys(counts) as Name[]) {
    test(`SEC-246: Wycheproof ${name} is decided as its authors decide it, by ${by}`, async () => {
      let seen = 0
      for (const { comment, tests, ...keys } of readGroups(name)) {
        const key = keys.public ?? keys.private
        for (const vector of tests) {
          if (vector.jws === undefined) continue
          seen += 1
          const expected = vector.result === 'valid' && !isSymmetric(key)
          const is = await accepted(vector, key, verifierFor)
          const where = `${comment} ${vector.tcId} ${vector.comment}`
          if (vector.tcId in exceptions[name]) {
            assert.equal(is, vector.result === 'invalid', `${where} is no exception any more`)
          } else {
            assert.equal(is, expected, where)
          }
        }
      }
      assert.equal(seen, counts[name])
    })
  }

  test(`SEC-246: a key of Wycheproof that is labelled wrong is good when it is labelled right, by ${by}`, async () => {
    const right: Readonly<Record<number, string>> = { 346: 'PS384', 350: 'PS384', 347: 'ES512', 351: 'ES512' }
    for (const { tests, ...keys } of readGroups('json_web_signature')) {
      for (const vector of tests) {
        const alg = right[vector.tcId]
        if (alg === undefined) continue
        assert.ok(await accepted(vector, labelled(keys.public ?? {}, alg), verifierFor), String(vector.tcId))
      }
    }
  })
}

test('SEC-246: a set with a symmetric key is refused as a whole', async () => {
  const [mixed] = readGroups('json_web_key')
  assert.ok(mixed)
  assert.equal(mixed.comment, 'jws_mixedSymmetryKeyset')
  await assert.rejects(verifyCompact(String(mixed.tests[0]?.jws), mixed.private), TypeError)
})
