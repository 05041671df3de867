import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withFiles } from './shown-files.ts'

test('a block after a file comment is filled with the file, whatever it held, and other blocks stay', () => {
  const page =
    '# A\n\n<!-- file: a.ts -->\n```ts\nold\n\nlines $1\n```\n\n```ts\nother\n```\n<!-- file: b.ts -->\n```js\n```\n'
  const files = new Map([
    ['a.ts', "const a = '$&'\n"],
    ['b.ts', 'b\n'],
  ])
  assert.equal(
    withFiles(page, files),
    "# A\n\n<!-- file: a.ts -->\n```ts\nconst a = '$&'\n```\n\n```ts\nother\n```\n<!-- file: b.ts -->\n```js\nb\n```\n",
  )
  assert.equal(withFiles(withFiles(page, files), files), withFiles(page, files))
})
