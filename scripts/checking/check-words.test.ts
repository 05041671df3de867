import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordProblems } from './check-words.ts'

test('forbidden words are found with their line, and words that only look like them are not', () => {
  const text = [
    `// ${'TO'}DO later`,
    'const methodology = only(skip)',
    `test${'.sk'}ip('x', () => {})`,
    `test${'.on'}ly('y')`,
  ]
  assert.deepEqual(
    wordProblems(text.join('\n')).map(({ line }) => line),
    [1, 3, 4],
  )
})
