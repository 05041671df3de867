import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRequirement, type Requirement, requireScope, scopesOf } from './requirement.ts'

const needs = (requirement: Requirement) => (granted: string) => {
  try {
    requireScope(granted.split(' '), requirement)
    return true
  } catch {
    return false
  }
}

test('a list needs every one of its scopes, and all and any what they say', () => {
  const cases: [Requirement, readonly string[], readonly string[]][] = [
    [[], ['a', ''], []],
    [
      ['a', 'b'],
      ['a b', 'b c a'],
      ['a', 'b', 'a bb', 'A b', ''],
    ],
    [{ all: ['a', 'b'] }, ['a b'], ['a', '']],
    [{ any: ['a', 'b'] }, ['a', 'b c', 'a b'], ['c', 'ab', '']],
    [{ all: ['a'], any: ['b', 'c'] }, ['a b', 'c a'], ['a', 'b c', '']],
    [{ all: ['a'], any: [] }, [], ['a', 'a b']],
    [{ any: [] }, [], ['a', '']],
    [{ all: [] }, ['', 'a'], []],
  ]
  for (const [requirement, good, bad] of cases) {
    for (const granted of good) assert.ok(needs(requirement)(granted), `${JSON.stringify(requirement)} ${granted}`)
    for (const granted of bad) assert.ok(!needs(requirement)(granted), `${JSON.stringify(requirement)} ${granted}`)
  }
})

test('SEC-236: what is missing is insufficient_scope, and a challenge names all that would help', () => {
  assert.throws(() => requireScope(['x'], { all: ['a'], any: ['b', 'c'] }), {
    code: 'insufficient_scope',
    status: 403,
    check: 'scope',
    expected: 'a one of (b c)',
    received: 'x',
  })
  assert.deepEqual(scopesOf({ all: ['a'], any: ['b', 'a', 'c'] }), ['a', 'b', 'c'])
  assert.deepEqual(scopesOf(['a', 'b', 'a']), ['a', 'b'])
})

test('what is no requirement lets nobody in', () => {
  const wrong = [
    {},
    { scopes: ['a'] },
    'a',
    undefined,
    null,
    { all: 'a' },
    { any: 'a' },
    { all: {} },
    7,
    new Array(1),
    { any: new Array(1) },
  ]
  for (const requirement of wrong) {
    assert.throws(() => requireScope(['a'], requirement as Requirement), TypeError, String(requirement))
  }
})

test('a requirement that was checked is not changed by who changes its lists', () => {
  const list = ['a']
  const both = { all: ['a'], any: ['b', 'c'] }
  const [checkedList, checkedBoth] = [checkRequirement(list), checkRequirement(both)]
  list.pop()
  both.all.pop()
  both.any.push('x')
  assert.ok(!needs(checkedList)('x'))
  assert.ok(needs(checkedList)('a'))
  assert.ok(!needs(checkedBoth)('x'))
  assert.ok(needs(checkedBoth)('a c'))
})
