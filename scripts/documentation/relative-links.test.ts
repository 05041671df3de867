import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relativeLinks } from './relative-links.ts'

test('links to files are found, links to sites, fragments and code are not', () => {
  const page = [
    '[a](docs/a.md) and [b](../b.md#part), [c](https://x.example/c.md), [d](#d), `[e](e.md)`',
    '```',
    '[f](f.md)',
    '```',
  ]
  assert.deepEqual(relativeLinks(page.join('\n')), ['docs/a.md', '../b.md'])
})
