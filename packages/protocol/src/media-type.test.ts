import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accepts, isFormUrlencoded } from './media-type.ts'

test('SEC-007: the form type is recognised in any case and with parameters', () => {
  for (const type of [
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-Urlencoded; charset=UTF-8',
    ' application/x-www-form-urlencoded ;charset=utf-8',
  ]) {
    assert.equal(isFormUrlencoded(type), true, type)
  }
})

test('SEC-005, SEC-006, SEC-009: every other type is not a form', () => {
  for (const type of [
    undefined,
    '',
    ';',
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/x-www-form-urlencoded-not',
    'application/x-www-form-urlencoded, application/json',
    'text/plain; application/x-www-form-urlencoded',
  ]) {
    assert.equal(isFormUrlencoded(type), false, String(type))
  }
})

const types = ['application/json', 'application/jwt'] as const

test('the preferred type is served when anything goes', () => {
  for (const accept of [undefined, '', ' ', '*/*', 'application/*', 'text/html, */*;q=0.1']) {
    assert.equal(accepts(accept, types), 'application/json', String(accept))
  }
})

test('the higher weight and the more specific range decide', () => {
  assert.equal(accepts('application/jwt', types), 'application/jwt')
  assert.equal(accepts('APPLICATION/JWT', types), 'application/jwt')
  assert.equal(accepts('application/json;q=0.5, application/jwt', types), 'application/jwt')
  assert.equal(accepts('application/jwt;q=0.2, */*;q=0.8', types), 'application/json')
  assert.equal(accepts('application/json;q=0, */*', types), 'application/jwt')
  assert.equal(accepts('application/token-introspection+jwt', types), undefined)
})

test('nothing acceptable is undefined', () => {
  for (const accept of ['text/html', '*/*;q=0', 'application/json;q=x', ',,', ';q=1']) {
    assert.equal(accepts(accept, types), undefined, accept)
  }
})

test('no header makes the negotiation throw or answer with another type', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('a', '/', '*', ';', ',', 'q', '=', '1', '.', ' ', 'application/json'),
  })
  fc.assert(
    fc.property(hostile, (accept) => {
      const chosen = accepts(accept, types)
      assert.ok(chosen === undefined || types.includes(chosen))
    }),
  )
})
