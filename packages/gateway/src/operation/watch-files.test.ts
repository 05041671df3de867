import assert from 'node:assert/strict'
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { watchFiles } from './watch-files.ts'

const setUp = async (context: TestContext) => {
  const directory = await mkdtemp(join(tmpdir(), 'mintmark-watch-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'routes.yaml')
  writeFileSync(file, 'one')
  context.mock.timers.enable({ apis: ['setInterval'] })
  let changes = 0
  const unwatch = watchFiles(
    () => [file],
    1000,
    () => {
      changes += 1
    },
  )
  context.after(unwatch)
  const look = (): number => {
    context.mock.timers.tick(1000)
    return changes
  }
  return { directory, file, look }
}

test('a file that is still being written is read when it is whole', async (context) => {
  const { file, look } = await setUp(context)
  assert.equal(look(), 0)
  writeFileSync(file, 'half')
  assert.equal(look(), 0)
  appendFileSync(file, ' of it')
  assert.equal(look(), 0)
  appendFileSync(file, ' and all')
  assert.deepEqual([look(), look(), look(), look()], [0, 1, 1, 1])
})

test('a file put in place of another is noticed, also when there was none for a while', async (context) => {
  const { directory, file, look } = await setUp(context)
  const other = join(directory, 'other')
  writeFileSync(other, 'two')
  renameSync(other, file)
  assert.deepEqual([look(), look(), look()], [0, 1, 1])
  rmSync(file)
  assert.deepEqual([look(), look()], [1, 1])
  writeFileSync(file, 'three')
  assert.deepEqual([look(), look(), look()], [1, 2, 2])
})
