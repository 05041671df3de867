import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runLine } from '../test/fake-terminal.ts'
import { cliCommands } from './commands.ts'
import { findCommand, optionsOf, parseArguments } from './parse.ts'

const catalogue = { commands: cliCommands, foreign: [{ name: 'serve', summary: 'Start the server' }] }

/** The words of an example as a shell would split them; undefined where it does more than split. */
const splitLine = (line: string): readonly string[] | undefined => {
  const [, command = ''] = /(?:^|[|(] ?)mintmark ([^|<>&)]*)/.exec(line) ?? []
  return command.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/^'|'$/g, ''))
}

test('every command has a name of its own, a summary without full stop, and examples of itself that parse', () => {
  assert.equal(new Set(cliCommands.map(({ name }) => name)).size, cliCommands.length)
  for (const command of cliCommands) {
    assert.match(command.summary, /^[A-Z].*[^.]$/, command.name)
    assert.ok(command.examples.length > 0, command.name)
    const named = command.examples.map(({ line }) => splitLine(line) ?? []).filter((words) => words.length > 0)
    assert.ok(
      named.some((words) => words.join(' ').startsWith(command.name)),
      command.name,
    )
    for (const words of named) {
      const found = findCommand(words, catalogue)
      assert.ok(found, words.join(' '))
      parseArguments(found.command, found.rest)
    }
  }
})

test('no command gives a letter to two flags, and flags are in kebab case', () => {
  for (const command of cliCommands) {
    const options = Object.entries(optionsOf(command))
    const letters = options.flatMap(([, { short }]) => (short === undefined ? [] : [short]))
    assert.equal(new Set(letters).size, letters.length, command.name)
    for (const [name] of options) assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  }
})

test('help shows every command, and the flags and examples of each', async () => {
  for (const command of cliCommands) {
    const { code, stdout } = await runLine(cliCommands, ['help', ...command.name.split(' ')])
    assert.equal(code, 0)
    assert.ok(stdout.includes(command.summary))
    for (const name of Object.keys(optionsOf(command))) assert.ok(stdout.includes(`--${name}`))
    for (const { line } of command.examples) assert.ok(stdout.includes(line))
  }
  const overall = await runLine(cliCommands, ['help'], { foreign: catalogue.foreign })
  for (const name of ['serve', 'client', 'plan', 'completion'])
    assert.match(overall.stdout, new RegExp(`^ +${name} `, 'm'))
})

test('a command that is a group too stands once in help, shows what is below it, and corrects what is mistyped', async () => {
  const overall = await runLine(cliCommands, ['help'])
  assert.equal(overall.stdout.match(/^ +rotate /gm)?.length, 1)
  assert.match(overall.stdout, /^ +rotate +Give a client .*status · complete · cancel/m)
  assert.match((await runLine(cliCommands, ['help', 'rotate'])).stdout, /^Commands\n +mintmark rotate status /m)
  const { code, stderr } = await runLine(cliCommands, ['rotate', 'complet', 'billing'])
  assert.equal(code, 2)
  assert.match(stderr, /did you mean "complete"\?/)
})

test('an unknown command of help, and an unknown shell, end with 2', async () => {
  assert.equal((await runLine(cliCommands, ['help', 'clinet'])).code, 2)
  const { code, stderr } = await runLine(cliCommands, ['completion', 'bsh'])
  assert.equal(code, 2)
  assert.match(stderr, /did you mean "bash"\?/)
})

/** What bash offers after some words, the last of them being typed. */
const complete = (script: string, words: readonly string[]): readonly string[] => {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const program = `source '${script}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _mintmark; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.split('\n').filter((word) => word !== '')
}

test('bash completes commands, flags and choices from the list of commands', async (test) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-cli-'))
  test.after(() => rmSync(directory, { recursive: true }))
  const script = join(directory, 'completion')
  writeFileSync(script, (await runLine(cliCommands, ['completion', 'bash'], { foreign: catalogue.foreign })).stdout)
  assert.deepEqual(complete(script, ['mintmark', 'se']), ['secret', 'serve'])
  assert.deepEqual(complete(script, ['mintmark', 'client', '']), ['create', 'delete', 'list', 'show', 'update'])
  assert.ok(complete(script, ['mintmark', 'client', 'create', 'x', '--cap']).includes('--capability'))
  assert.deepEqual(complete(script, ['mintmark', 'token', 'get', '--method', 'p']), ['post'])
  assert.deepEqual(complete(script, ['mintmark', 'help', 'tok']), ['token'])
  assert.deepEqual(complete(script, ['mintmark', 'completion', '']), ['bash', 'zsh', 'fish'])
})

test('fish is told every command and every flag', async () => {
  const { stdout } = await runLine(cliCommands, ['completion', 'fish'])
  for (const command of cliCommands) {
    for (const name of Object.keys(optionsOf(command))) assert.ok(stdout.includes(`-l ${name}`))
    assert.ok(stdout.includes(`-a '${command.name.split(' ').at(-1)}'`))
  }
})

test('the version is told to whoever asks in any of the usual ways', async () => {
  for (const word of ['version', '--version', '-v', '-V']) {
    assert.deepEqual(await runLine(cliCommands, [word], { version: '1.2.3' }), {
      code: 0,
      stdout: '1.2.3\n',
      stderr: '',
    })
  }
  const { stdout } = await runLine(cliCommands, ['version', '--json'], { version: '1.2.3' })
  assert.deepEqual(JSON.parse(stdout), { version: '1.2.3' })
})

test('help fits a terminal of 80 columns, but for usage and examples, which are for copying', async () => {
  for (const words of [[], ['client'], ...cliCommands.map(({ name }) => name.split(' '))]) {
    const { stdout } = await runLine(cliCommands, ['help', ...words], {
      terminal: true,
      environment: { NO_COLOR: '1' },
    })
    const [told = ''] = stdout.split('Examples')
    for (const line of told.split('\n')) assert.ok(line.length <= 80 || line.startsWith('  mintmark '), line)
  }
})
