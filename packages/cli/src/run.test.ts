import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLine } from '../test/fake-terminal.ts'
import { defineCommand } from './command.ts'
import { exitCode } from './exit-code.ts'
import { CommandFailure } from './failure.ts'

const echo = defineCommand({
  name: 'thing show',
  summary: 'Show a thing',
  operands: { thing: { summary: 'Its id' }, more: { summary: 'More of them', optional: true, many: true } },
  options: {
    size: { type: 'text', value: 'SIZE', choices: ['small', 'large'], summary: 'How large' },
    tag: { type: 'text', value: 'TAG', many: true, short: 't', summary: 'A tag' },
    loud: { type: 'switch', summary: 'Louder' },
  },
  examples: [],
  run: async ({ operands, options, output }) => {
    output.result({ operands, options }, () => `${operands.thing} ${options.size ?? '-'}\n`)
    output.remark('a remark')
    return undefined
  },
})
const fails = (error: unknown) =>
  defineCommand({
    name: 'fail',
    summary: 'Fail',
    operands: {},
    options: {},
    examples: [],
    run: async () => {
      throw error
    },
  })
const commands = [echo]
const line = (...args: string[]) => runLine(commands, args)

test('results go to stdout and remarks to stderr; with --json only the result is printed', async () => {
  assert.deepEqual(await line('thing', 'show', 'a', '--size', 'small'), {
    code: 0,
    stdout: 'a small\n',
    stderr: 'a remark\n',
  })
  for (const flag of [['--json'], ['--output', 'json'], ['--output=json']]) {
    const { code, stdout, stderr } = await line('thing', 'show', 'a', 'b', '-t', '1', '--tag=2', ...flag)
    assert.equal(code, 0)
    assert.equal(stderr, '')
    const { operands, options } = JSON.parse(stdout)
    assert.deepEqual(operands, { thing: 'a', more: ['b'] })
    assert.deepEqual([options.tag, options.loud, options.size], [['1', '2'], false, undefined])
  }
})

test('a command line that makes no sense ends with 2, a line that names what, and a suggestion', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['thing', 'show', 'a', '--siez', 'small'], /unknown flag "--siez"\n {2}did you mean "--size"\?/],
    [['thing', 'show', 'a', '-x'], /unknown flag "-x"/],
    [['thing', 'show'], /needs THING/],
    [['thing', 'show', 'a', '--size'], /--size needs a value: --size SIZE/],
    [['thing', 'show', 'a', '--size', '--loud'], /--size needs a value/],
    [['thing', 'show', 'a', '--size', 'smal'], /--size cannot be "smal"\n {2}did you mean "small"\?/],
    [['thing', 'show', 'a', '--size', 'small', '--size', 'large'], /--size is given twice/],
    [['thing', 'show', 'a', '--loud=yes'], /--loud takes no value/],
    [['thing', 'shwo', 'a'], /has no command "shwo"\n {2}did you mean "show"\?/],
    [['thing'], /mintmark thing needs one of: show/],
    [['thng', 'show'], /there is no command "thng"\n {2}did you mean "thing"\?/],
    [['--frobnicate'], /unknown flag "--frobnicate"/],
    [['thing', 'show', 'a', '--output', 'xml'], /--output cannot be "xml"/],
    [['thing', 'show', 'a', '--__proto__'], /unknown flag "--__proto__"/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await line(...args)
    assert.equal(code, exitCode.usage, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, message)
  }
})

test('a value may begin with a dash, and -- ends the flags', async () => {
  assert.equal((await line('thing', 'show', '--', '--odd')).stdout, '--odd -\n')
  const tagged = await line('thing', 'show', 'a', '--tag', '-', '--json')
  assert.deepEqual(JSON.parse(tagged.stdout).options.tag, ['-'])
})

test('a failure is one line with its reference, details and hint, and its own exit code', async () => {
  const failure = new CommandFailure(exitCode.notFound, 'there is no client "x"', {
    reference: 'R1',
    details: ['/a: wrong'],
    hint: 'look again',
  })
  assert.deepEqual(await runLine([fails(failure)], ['fail']), {
    code: 3,
    stdout: '',
    stderr: 'mintmark: there is no client "x" (reference R1)\n  /a: wrong\n  look again\n',
  })
  assert.deepEqual(await runLine([fails(new Error('odd\u001b[2J'))], ['fail']), {
    code: 1,
    stdout: '',
    stderr: 'mintmark: odd\\u001b[2J\n',
  })
})

test('Ctrl-C ends a command that would never end, with 130', async () => {
  const controller = new AbortController()
  const hangs = defineCommand({
    name: 'hang',
    summary: 'Hang',
    operands: {},
    options: {},
    examples: [],
    run: () => {
      controller.abort()
      return new Promise<undefined>(() => undefined)
    },
  })
  const { code, stderr } = await runLine([hangs], ['hang'], { interrupted: controller.signal })
  assert.equal(code, exitCode.interrupted)
  assert.match(stderr, /interrupted/)
})

test('help is a result, wherever it is asked for', async () => {
  for (const args of [
    ['thing', 'show', '--help'],
    ['thing', 'show', 'a', '-h'],
  ]) {
    const { code, stdout } = await line(...args)
    assert.equal(code, 0)
    assert.match(stdout, /mintmark thing show THING \[MORE…\] \[flags\]/)
  }
  assert.match((await line('thing', '--help')).stdout, /mintmark thing show {2}Show a thing/)
  assert.match((await line()).stdout, /thing {2}show/)
  assert.equal((await line('--version')).stdout, 'unknown\n')
})
