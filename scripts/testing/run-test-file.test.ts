import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runTestFile } from './run-test-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'mintmark-runner-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
const run = (source: string, timeoutSeconds = 30) => {
  const file = join(folder, `case-${files++}.mjs`)
  writeFileSync(file, `import { test, describe } from 'node:test'\nimport assert from 'node:assert/strict'\n${source}`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return runTestFile(file, { timeoutSeconds, env })
}

test('tests are counted, suites around them are not', async () => {
  const result = await run(
    `describe('suite', () => { test('one', () => {}); test('two', () => {}) }); test('three', () => {})`,
  )
  assert.equal(result.passed, 3)
  assert.deepEqual(result.failures, [])
})

test('a failed test is named with its suite, its place and its error, and counted once', async () => {
  const result = await run(`
    describe('suite', () => { test('outer', async (t) => {
      await t.test('inner', () => assert.equal(1, 2)) }) })
    test('fine', () => console.log('said something'))`)
  assert.equal(result.passed, 1)
  assert.deepEqual(
    result.failures.map(({ path }) => path),
    ['suite › outer › inner'],
  )
  assert.match(result.failures[0]?.error ?? '', /Expected values to be strictly equal/)
  assert.match(result.failures[0]?.at ?? '', /case-\d+\.mjs:5$/)
  assert.match(result.output, /said something/)
})

test('a failing hook is a failure', async () => {
  const result = await run(`import { before } from 'node:test'
    describe('suite', () => { before(() => { throw new Error('no hook') }); test('one', () => {}) })`)
  assert.equal(
    result.failures.some(({ error }) => error.includes('no hook')),
    true,
  )
})

test('a skipped test is neither passed nor failed', async () => {
  const result = await run(`test('not here', { skip: 'needs PostgreSQL' }, () => {})`)
  assert.deepEqual([result.passed, result.skipped, result.failures], [0, ['not here'], []])
})

test('a file without a test has failed', async () => {
  const result = await run('')
  assert.deepEqual(
    result.failures.map(({ error }) => error),
    ['contains no test'],
  )
})

test('a file that cannot be loaded has failed and shows why', async () => {
  const result = await run(`throw new Error('broken at load')`)
  assert.equal(result.failures.length, 1)
  assert.match(result.output, /broken at load/)
})

test('a file that exits early with success has not passed', async () => {
  const result = await run(`test('first', () => {}); test('second', async () => { process.exit(0) })`)
  assert.equal(result.failures.length, 1)
})

test('a file over its time is killed with what it started, and names the test that was running', async () => {
  const result = await run(
    `import { spawn } from 'node:child_process'
     test('hangs', async () => { spawn('sleep', ['60'], { stdio: 'inherit' }); await new Promise(() => setInterval(() => {}, 1000)) })`,
    1,
  )
  assert.ok(result.milliseconds < 20_000)
  assert.deepEqual(
    result.failures.map(({ error }) => error),
    ['killed after 1 s, in: hangs'],
  )
})

test('a process that a passed file leaves behind does not hold the run', async () => {
  const result = await run(`import { spawn } from 'node:child_process'
    test('leaves a process', () => { spawn('sleep', ['60'], { stdio: 'inherit' }).unref() })`)
  assert.ok(result.milliseconds < 20_000)
  assert.equal(result.passed, 1)
})
