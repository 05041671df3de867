import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { documentationPages, readPage, runDocumentationPage } from './doc-commands.ts'
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

const needsCurl = spawnSync('curl', ['--version']).error === undefined ? false : 'needs curl'

// Pages share nothing: each has a clone, ports and a server of its own.
describe('pages', { concurrency: 3 }, () => {
  for (const path of documentationPages()) {
    const { commands, notRun, problems } = readPage(path)
    if (commands.length > 0 || problems.length > 0) {
      const skip = commands.some(({ text }) => /\bcurl\b/.test(text)) && needsCurl
      test(`${path}: its ${commands.length} commands do what the page says`, { skip }, async () => {
        assert.deepEqual(await runDocumentationPage(path), [])
      })
    }
    for (const { line, reason } of notRun) test(`${path}:${line} is not run: ${reason}`, { skip: reason }, () => {})
  }
})

test('a line that runs the tests in the README is the line that CI runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const line = 'npm install && npm test'
  assert.ok(ciScript.includes(line))
  const shown = readme.split('\n').filter((text) => /^(?:\$ )?npm .*\bnpm (?:run )?test\b/.test(text))
  for (const text of shown) assert.equal(text.replace(/^\$ /, ''), line)
})
