import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withFileLock } from './file-lock.ts'

function setUp(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-lock-'))
  context.after(() => rmSync(directory, { recursive: true }))
  return { directory, path: join(directory, 'lock') }
}

test('work under one lock is done one after the other, and the file is gone after it', async (context) => {
  const { path, directory } = setUp(context)
  let inside = 0
  let done = 0
  const work = async () => {
    inside += 1
    assert.equal(inside, 1)
    assert.ok(existsSync(path))
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
    done += 1
  }
  await Promise.all(Array.from({ length: 10 }, () => withFileLock(path, work, { patience: 60_000 })))
  assert.equal(done, 10)
  assert.deepEqual(readdirSync(directory), [])
})

test('work that fails gives the lock back', async (context) => {
  const { path } = setUp(context)
  const fail = () => Promise.reject(new Error('no'))
  await assert.rejects(withFileLock(path, fail, { patience: 1_000 }), /no/)
  assert.ok(!existsSync(path))
})

test('a lock that is not touched while it is watched is broken, whatever is in it', async (context) => {
  const { path, directory } = setUp(context)
  for (const content of [
    '',
    '{}',
    'null',
    '{"pid":-1}',
    '{"pid":"1"}',
    JSON.stringify({ pid: 1, place: 'elsewhere' }),
  ]) {
    writeFileSync(path, content)
    let done = false
    const work = async () => {
      done = true
    }
    await withFileLock(path, work, { patience: 60_000, deadAfter: 30 })
    assert.ok(done)
    assert.deepEqual(readdirSync(directory), [])
  }
  symlinkSync(join(directory, 'nowhere'), path)
  await withFileLock(path, async () => undefined, { patience: 60_000, deadAfter: 30 })
  assert.deepEqual(readdirSync(directory), [])
})

test('who is out of patience works without the lock and leaves it alone', async (context) => {
  const { path } = setUp(context)
  writeFileSync(path, JSON.stringify({ pid: 1, place: 'elsewhere' }))
  let done = false
  const work = async () => {
    done = true
  }
  await withFileLock(path, work, { patience: 30 })
  assert.ok(done && existsSync(path))
})

test('a holder that counted as dead does not take the lock of its successor away', async (context) => {
  const { path } = setUp(context)
  const work = async () => {
    rmSync(path)
    writeFileSync(path, 'of another')
  }
  await withFileLock(path, work, { patience: 1_000 })
  assert.ok(existsSync(path))
})

test('a lock that cannot be made is an error, not a wait', async (context) => {
  const { directory } = setUp(context)
  await assert.rejects(
    withFileLock(join(directory, 'no', 'lock'), async () => undefined, { patience: 60_000 }),
    {
      code: 'ENOENT',
    },
  )
})
