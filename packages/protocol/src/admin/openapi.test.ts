import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { type Operation, openApiDocument, operations } from './index.ts'

const all: readonly Operation[] = Object.values(operations)

type Described = { readonly parameters: readonly { readonly name?: string; readonly in?: string }[] }

test('every operation is named as it is listed, and no two answer the same request', () => {
  assert.deepEqual(
    Object.keys(operations),
    all.map(({ name }) => name),
  )
  const requests = all.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
  assert.equal(new Set(requests).size, requests.length)
})

test('reading takes the role read, changing another one, and only GET has a query', () => {
  for (const { name, method, scope, query, input } of all) {
    if (method === 'GET') assert.equal(scope, 'read', name)
    if (method !== 'GET') assert.equal(query, undefined, name)
    if (method === 'GET' || method === 'DELETE') assert.equal(input, undefined, name)
    if (method === 'PATCH' || method === 'DELETE') assert.notEqual(scope, 'read', name)
  }
})

test('every example is valid by its schema', () => {
  for (const { name, example, input, query } of all) {
    if (example === undefined) continue
    const schema = input ?? query
    assert.ok(schema, name)
    assert.ok(Value.Check(schema, example), name)
  }
})

test('the document is plain JSON whose references all lead somewhere', () => {
  const text = JSON.stringify(openApiDocument())
  const document = JSON.parse(text) as Record<string, unknown>
  for (const [, reference = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    let found: unknown = document
    for (const part of reference.split('/')) found = (found as Record<string, unknown>)[part]
    assert.ok(found, reference)
  }
  assert.doesNotMatch(text, /"~/)
})

test('every parameter of a path is described', () => {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, Described>> }
  for (const [path, methods] of Object.entries(paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters } of Object.values(methods)) {
      assert.deepEqual(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        named,
      )
    }
  }
})
