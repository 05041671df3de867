import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type ClaimMatcher, claimAt, claimMatches } from './claim-matcher.ts'
import { trustDomainOf } from './trust.ts'

const globMatches = (glob: string, text: string): boolean => claimMatches({ c: text }, { claim: 'c', glob })

/** The same in the words of regular expressions, which are slow for some patterns and not used in the server for that. */
const asExpression = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split(/(\*+)/)
      .map((part) =>
        part.startsWith('*')
          ? part.length > 1
            ? '[^]*'
            : '[^/:]*'
          : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
      )
      .join('')}$`,
  )

const small = fc.string({ unit: fc.constantFrom('a', 'b', '/', ':', '*', '.'), maxLength: 10 })

describe('patterns', () => {
  test('a star stops at the separators of platforms, two do not', () => {
    for (const [glob, text, wanted] of [
      ['repo:o/a:ref:*', 'repo:o/a:ref:main', true],
      ['repo:o/a:ref:*', 'repo:o/a:ref:refs/heads/main', false],
      ['repo:o/a:ref:**', 'repo:o/a:ref:refs/heads/main', true],
      ['repo:o/*:environment:production', 'repo:o/evil:environment:x:environment:production', false],
      ['a*', 'a', true],
      ['*a', 'ba', true],
      ['a', 'A', false],
      ['a.c', 'abc', false],
      ['*', '', true],
      ['a*b*c', 'a-b-b-c', true],
    ] as const) {
      assert.equal(globMatches(glob, text), wanted, `${glob} ${text}`)
    }
  })

  test('they mean what their regular expression would', () => {
    fc.assert(
      fc.property(small, small, (glob, text) => {
        assert.equal(globMatches(glob, text), asExpression(glob).test(text))
      }),
      { numRuns: 2000 },
    )
  })

  test('one that would keep a regular expression busy for ever is answered like any other', () => {
    assert.equal(globMatches(`${'a**'.repeat(80)}b`, 'a'.repeat(2048)), false)
    assert.equal(globMatches('**', 'a'.repeat(2049)), false)
  })
})

describe('claims', () => {
  test('a nested one is found by its pointer, and only where the token itself has it', () => {
    const claims = { 'a/b': { '~c': 1 }, list: [{ x: 1 }], nothing: null, text: 'abc' }
    assert.equal(claimAt(claims, '/a~1b/~0c'), 1)
    for (const missing of [
      '/list/0',
      '/list/0/x',
      '/list/length',
      '/text/length',
      '/text/0',
      '/nothing/x',
      '/',
      '',
      'toString',
      '__proto__',
      '/constructor/name',
      '/__proto__/toString',
      'a/b/~c',
    ]) {
      assert.equal(claimAt(claims, missing), undefined, missing)
    }
    assert.equal(claimAt(JSON.parse('{"__proto__":{"x":1}}'), '/__proto__/x'), 1)
  })

  test('whatever a token says, a matcher answers, and an exact one only for the very same value', () => {
    const matchers: readonly ClaimMatcher[] = [
      { claim: 'sub', equals: 'x' },
      { claim: '/a/b', equals: 7 },
      { claim: 'a', prefix: 'x' },
      { claim: 'a', glob: '*x*' },
    ]
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
        for (const matcher of matchers) {
          const held = claimMatches(claims, matcher)
          if ('equals' in matcher) assert.equal(held, claimAt(claims, matcher.claim) === matcher.equals)
          else if (held) assert.equal(typeof claimAt(claims, matcher.claim), 'string')
        }
      }),
    )
  })
})

test('SPIFFE-ID §2: the trust domain of a workload', () => {
  assert.equal(trustDomainOf('spiffe://example.org/a/b'), 'spiffe://example.org')
  for (const wrong of [
    'spiffe://example.org',
    'spiffe://example.org/',
    'spiffe://Example.org/a',
    'SPIFFE://example.org/a',
    'spiffe://example.org/a//b',
    'spiffe://example.org/a/../b',
    'spiffe://example.org/.',
    'spiffe://user@example.org/a',
    'spiffe://example.org:8443/a',
    'spiffe://example.org/a?b',
    'spiffe://example.org/a#b',
    'spiffe://example.org/%61',
    'spiffe:///a',
    `spiffe://example.org/${'a'.repeat(2048)}`,
    'spiffe://example.org/a\n',
    7,
    undefined,
  ]) {
    assert.equal(trustDomainOf(wrong), undefined, String(wrong))
  }
})
