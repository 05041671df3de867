import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { debianProgram } from './debian-program.ts'

const run = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'mintmark-debian-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const hello = { packages: ['hello'], program: 'usr/bin/hello' }
const nowhere = { cache: join(scratch, 'cache'), installed: join(scratch, 'installed'), searchPath: '' }

test('a program the machine has is the one that is used', async () => {
  const folder = join(scratch, 'own')
  mkdirSync(folder)
  writeFileSync(join(folder, 'hello'), '')
  const { path, root, environment, skip } = await debianProgram(hello, { ...nowhere, searchPath: folder })
  assert.deepEqual([path, root, environment, skip], [join(folder, 'hello'), nowhere.installed, {}, false])
})

test('what no package holds is a reason to skip, and leaves nothing behind', async () => {
  const cache = join(scratch, 'empty')
  const { skip } = await debianProgram({ ...hello, files: ['usr/lib/no-such-module.so'] }, { ...nowhere, cache })
  assert.match(String(skip), /^there is no hello on this machine, and apt gives none: ./)
  assert.deepEqual(existsSync(cache) ? readdirSync(cache).filter((name) => name !== 'lock') : [], [])
})

test('a program the machine lacks is unpacked once for two that ask at once, and runs', async (context) => {
  const [first, second] = await Promise.all([debianProgram(hello, nowhere), debianProgram(hello, nowhere)])
  if (first.skip !== false) return context.skip(first.skip)
  assert.deepEqual(second, first)
  assert.ok(first.path.startsWith(nowhere.cache))
  const { stdout } = await run(first.path, ['--greeting=minted'], { env: { ...process.env, ...first.environment } })
  assert.equal(stdout, 'minted\n')
  assert.equal(readdirSync(nowhere.cache).filter((name) => name !== 'lock').length, 1)
})
