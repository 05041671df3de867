import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { documentationPages } from './doc-commands.ts'
import { describePages } from './documentation/describe-pages.ts'
import { relativeLinks } from './documentation/relative-links.ts'

test('every link from a page to a file of the repository leads somewhere', () => {
  const broken = documentationPages().flatMap((path) =>
    relativeLinks(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))
      .filter((link) => !existsSync(new URL(link, new URL(`../${path}`, import.meta.url))))
      .map((link) => `${path}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

const ciScript = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8')

describePages((path) => !path.startsWith('docs/'))

test('a line that runs the tests in the README is the line that CI runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const line = 'npm install && npm test'
  assert.ok(ciScript.includes(line))
  const shown = readme.split('\n').filter((text) => /^(?:\$ )?npm .*\bnpm (?:run )?test\b/.test(text))
  for (const text of shown) assert.equal(text.replace(/^\$ /, ''), line)
})
