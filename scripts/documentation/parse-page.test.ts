import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePage } from './parse-page.ts'

const fence = (language: string, ...lines: string[]) => [`\`\`\`${language}`, ...lines, '```'].join('\n')
const texts = (markdown: string) => parsePage(markdown).commands.map(({ text }) => text)

test('an sh block is one command a line; comments and empty lines are none', () => {
  assert.deepEqual(texts(fence('sh', '# first', 'one', '', 'two')), ['one', 'two'])
})

test('a command goes on over backslashes, quotes and here-documents', () => {
  const block = fence('sh', 'curl -s \\', '  http://x', "echo 'a", "b'", 'cat <<END', 'text', 'END', 'last')
  assert.deepEqual(texts(block), ['curl -s \\\n  http://x', "echo 'a\nb'", 'cat <<END\ntext\nEND', 'last'])
})

test('in a console block the lines after "$ " and its continuation are the output', () => {
  const { commands } = parsePage(fence('console', '$ echo \\', '>  a', 'a', '', '$ true', '$ echo b', 'b'))
  assert.deepEqual(
    commands.map(({ text, line, expected }) => ({ text, line, expected })),
    [
      { text: 'echo \\\n a', line: 2, expected: ['a', ''] },
      { text: 'true', line: 6, expected: [] },
      { text: 'echo b', line: 7, expected: ['b'] },
    ],
  )
})

test('an indented block, as in a list, loses its indentation', () => {
  assert.deepEqual(texts('1. Do this:\n\n   ```sh\n   one\n   ```\n'), ['one'])
})

test('other languages are left alone', () => {
  const page = parsePage([fence('json', '{}'), fence('', 'text'), fence('ts', "import 'x'")].join('\n'))
  assert.deepEqual([page.commands, page.problems], [[], []])
})

test('a page asks for the demo server and for more time', () => {
  const page = parsePage(`<!-- docs-test: server=demo timeout=120 -->\n# Title\n\n${fence('sh', 'one')}`)
  assert.deepEqual([page.server, page.timeoutSeconds, page.problems], [true, 120, []])
})

test('the last command of a block may be said to fail', () => {
  const page = parsePage(`<!-- docs-test: exit=3 -->\n\n${fence('console', '$ one', '$ two')}`)
  assert.deepEqual(
    page.commands.map(({ exit }) => exit),
    [0, 3],
  )
})

test('a block that is not run is listed with its reason', () => {
  const page = parsePage(`<!-- not run: needs a second machine -->\n${fence('sh no-run', 'ssh other')}`)
  assert.deepEqual([page.commands, page.notRun], [[], [{ line: 2, reason: 'needs a second machine' }]])
})

const mistakes: readonly [string, string, RegExp][] = [
  ['a block that is not run, without a reason', fence('sh no-run', 'x'), /^1: .*not run: reason/],
  ['a bash block', fence('bash', 'x'), /^1: "bash" blocks are not run/],
  ['a console session without its language', fence('', '$ x'), /^1: .*console block/],
  ['an empty block', fence('sh'), /^1: the block holds no command/],
  ['a fence that is not closed', '```sh\nx', /^1: the fence is not closed/],
  ['an unknown setting', `<!-- docs-test: exits=3 -->\n${fence('sh', 'x')}`, /^2: docs-test does not know "exits"/],
  ['an unknown server', `<!-- docs-test: server=mine -->\n${fence('sh', 'x')}`, /^1: the only server is "demo"/],
  [
    'a background block without output',
    `<!-- docs-test: background -->\n${fence('sh', 'x')}`,
    /^2: a background block/,
  ],
]
for (const [name, markdown, expected] of mistakes) {
  test(`a mistake is named with its line: ${name}`, () => {
    const { problems } = parsePage(markdown)
    assert.equal(problems.length, 1)
    assert.match(problems.join(), expected)
  })
}
