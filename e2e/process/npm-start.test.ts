import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { temporaryDirectory } from './server-process.ts'

const root = resolve(import.meta.dirname, '../..')

test('SIGTERM to npm start ends the server too, though npm tells only the shell between', async (context) => {
  const directory = join(temporaryDirectory(context), 'data')
  const ports = ['--public-port', '0', '--admin-port', '0']
  const npm = spawn('npm', ['start', '--', '--data-dir', directory, ...ports], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that nothing is left over when this test fails.
    detached: true,
  })
  context.after(() => {
    try {
      process.kill(-(npm.pid ?? 0), 'SIGKILL')
    } catch {
      // All of them ended, as they should.
    }
  })
  const closed = once(npm, 'close')
  let started = false
  for await (const line of createInterface({ input: npm.stdout })) {
    if (!line.includes('Ctrl-C stops it')) continue
    started = true
    npm.kill('SIGTERM')
  }
  assert.ok(started)
  // Its output is closed once every process that holds it has ended: npm, the shell, the server.
  await closed
})
