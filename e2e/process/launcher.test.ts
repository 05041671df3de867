import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const launcher = resolve(import.meta.dirname, '../../packages/mintmark/bin/mintmark.js')

/** Makes a Node say that it is an older one. */
const pretend = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`

test('SEC-283: on a Node below the floor it refuses in one line and starts nothing', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-launcher-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  // A copy elsewhere: no pinned Node is to be found from there.
  const copy = join(directory, 'bin', 'mintmark.js')
  mkdirSync(join(directory, 'bin'))
  copyFileSync(launcher, copy)
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  for (const version of ['20.20.2', '22.22.2', '24.14.1']) {
    const refused = await run(process.execPath, ['--import', pretend(version), copy, 'serve', '--data-dir', directory])
      .then(() => assert.fail('it started'))
      .catch((error: { code?: number; stdout?: string; stderr?: string }) => error)
    assert.equal(refused.code, 78)
    assert.equal(refused.stdout, '')
    assert.equal(refused.stderr, `mintmark: needs Node 24.15 or later; this is ${version}\n`)
  }
})
