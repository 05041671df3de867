import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { until } from '../../packages/server/test/until.ts'
import { parsePage } from './parse-page.ts'
import { runPage } from './run-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'mintmark-page-'))
after(() => rmSync(folder, { recursive: true }))

/** A program that listens where a page says 6749 and greets, the way a server does. */
writeFileSync(
  join(folder, 'greeter.mjs'),
  `import { createServer } from 'node:http'
  createServer((request, response) => response.end('hello from ' + request.headers.host + '\\n'))
    .listen(Number(process.env.MINTMARK_PUBLIC_PORT), '127.0.0.1', () => console.log('listening on ' + process.env.MINTMARK_PUBLIC_PORT))
  process.on('SIGINT', () => process.exit(0))`,
)
const sh = (...lines: string[]) => ['```sh', ...lines, '```', ''].join('\n')
const terminal = (...lines: string[]) => ['```console', ...lines, '```', ''].join('\n')
const run = (...parts: string[]) => runPage(parsePage(parts.join('\n')), folder, 99)

test('commands share a shell: variables and the folder last from block to block', async () => {
  const problems = await run(
    sh('NAME=world', 'mkdir -p inner && cd inner'),
    terminal('$ echo "hello $NAME"', 'hello world', '$ basename $PWD', 'inner'),
  )
  assert.deepEqual(problems, [])
})

test('output that differs from the page is reported with the line, and what follows is not run', async () => {
  const problems = await run(terminal('$ echo one', 'two'), sh('touch ran'), sh('false'))
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /^2: echo one\nshown on the page:\n {2}two\nprinted:\n {2}one$/)
  assert.deepEqual(await run(sh('! test -e ran')), [])
})

test('a command that fails in an sh block fails the page, also inside a pipe', async () => {
  assert.match((await run(sh('true', 'false | cat')))[0] ?? '', /^3: false \| cat\nexit code 1 instead of 0/)
})

test('a failure that the page announces is none, and the absence of it is one', async () => {
  assert.deepEqual(await run('<!-- docs-test: exit=3 -->', terminal('$ (echo no; exit 3)', 'no')), [])
  assert.match((await run('<!-- docs-test: exit=3 -->', sh('true')))[0] ?? '', /exit code 0 instead of 3/)
})

test('a command that reads its input gets none, and one that ends the shell is no success for the next', async () => {
  assert.deepEqual(await run(terminal('$ cat', '$ echo still here', 'still here')), [])
  assert.equal((await run(sh('exit 0', 'true'))).length, 1)
})

test('a command over its time fails the page', async () => {
  const problems = await run('<!-- docs-test: timeout=1 -->', sh('sleep 30'))
  assert.match(problems[0] ?? '', /took longer than 1 s/)
})

test('a background program runs while the page does, on a free port that the page calls by its own number', async () => {
  const start = ['<!-- docs-test: background -->', terminal('$ node greeter.mjs', 'listening on 6749')]
  const call = terminal('$ curl -s http://localhost:6749/', 'hello from localhost:6749')
  assert.deepEqual(await run(...start, call), [])
})

test('a background program that does not say what the page shows fails the page', async () => {
  const problems = await run('<!-- docs-test: background -->', terminal('$ echo started', 'ready'))
  assert.match(problems[0] ?? '', /^3: echo started\nended before it was ready/)
})

test('a page with mistakes is not run', async () => {
  const problems = await run(sh('touch never'), '```bash', 'x', '```')
  assert.equal(problems.length, 1)
  assert.deepEqual(await run(sh('! test -e never')), [])
})

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Runs a page in a process of its own that is ended by a signal in the midst of it; who is alive of its programs after that. */
const interruptPage = async (t: TestContext, name: NodeJS.Signals): Promise<string[]> => {
  const place = mkdtempSync(join(tmpdir(), 'mintmark-page-'))
  t.after(() => rmSync(place, { recursive: true }))
  const page = [
    '<!-- docs-test: background -->',
    terminal('$ echo $$ >background; echo on; sleep 300; true', 'on'),
    sh('sleep 301 & echo $! >of-shell', 'echo $$ >shell; sleep 302; true'),
  ].join('\n')
  const pids = ['background', 'of-shell', 'shell'].map((file) => join(place, file))
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const program = `import { parsePage } from ${url('./parse-page.ts')}
    import { runPage } from ${url('./run-page.ts')}
    await runPage(parsePage(${JSON.stringify(page)}), ${JSON.stringify(place)}, 98)`
  const runner = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
  const ended = once(runner, 'exit')
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '')
  await until('the page runs', () => pids.every((file) => read(file) !== ''))
  runner.kill(name)
  await ended
  const alive = () => pids.filter((file) => isAlive(Number(read(file))))
  await until('its programs end', () => alive().length === 0).catch(() => {})
  return alive()
}

describe('a run that ends in the midst of a page leaves none of its programs behind', { concurrency: true }, () => {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    test(`by ${name}`, async (t) => assert.deepEqual(await interruptPage(t, name), []))
  }
})
