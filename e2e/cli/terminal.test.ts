import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine()
const { json, directory } = mintmark
const program = fileURLToPath(new URL('../../packages/mintmark/bin/mintmark.js', import.meta.url))

/** Part of every Debian; other systems may spell its flags differently. */
const skip = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
  ? false
  : 'needs util-linux script'

/** A session at a real terminal: what is on the screen, and what was typed once the question stands there. */
const atTerminal = async (line: string, keys: string, environment: Readonly<Record<string, string>> = {}) => {
  const child = spawn('script', ['-qefc', `'${process.execPath}' '${program}' ${line}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', MINTMARK_DATA_DIR: directory, ...environment },
  })
  let screen = ''
  let typed = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    if (typed || !screen.includes('[y/N]')) return
    typed = true
    child.stdin.write(keys)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, screen }
}

test('at a terminal what cannot be undone is asked about: yes does it, no and Ctrl-C do not', { skip }, async () => {
  await json('tenant create acme')
  await json('workspace create acme/payments')
  await json('client create billing')
  const no = await atTerminal('client delete billing', 'n\r')
  assert.equal(no.code, 1)
  assert.match(no.screen, /Delete the client billing.*\[y\/N\]/)
  assert.match(no.screen, /nothing was changed/)
  const interrupted = await atTerminal('client delete billing', '\u0003')
  assert.equal(interrupted.code, 130)
  assert.equal((await json<{ id: string }>('client show billing')).id, 'billing')
  const yes = await atTerminal('client delete billing', 'y\r')
  assert.equal(yes.code, 0)
  assert.match(yes.screen, /- client billing/)
})

test('a terminal gets colours, unless NO_COLOR is set', { skip }, async () => {
  assert.ok((await atTerminal('workspace list', '')).screen.includes('\u001b[1m'))
  assert.ok(!(await atTerminal('workspace list', '', { NO_COLOR: '1' })).screen.includes('\u001b['))
})
