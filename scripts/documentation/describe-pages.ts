import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { documentationPages, readPage, runDocumentationPage } from '../doc-commands.ts'

const needsCurl = spawnSync('curl', ['--version']).error === undefined ? false : 'needs curl'

/** A test for each page that is wanted. Pages share nothing: each has a clone, ports and a server of its own. */
export const describePages = (wanted: (path: string) => boolean): void => {
  describe('pages', { concurrency: 3 }, () => {
    for (const path of documentationPages().filter(wanted)) {
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
}
