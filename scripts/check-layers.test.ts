import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkLayers } from './check-layers.ts'
import { importsOf } from './checking/imports.ts'

/** Checks a repository made of the given files. */
const check = (files: Readonly<Record<string, string>>): string[] => {
  const root = mkdtempSync(join(tmpdir(), 'mintmark-layers-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return checkLayers(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const server = (path: string, ...specifiers: string[]) => ({
  [`packages/server/src/${path}`]: specifiers.map((one) => `import { x } from '${one}'\n`).join(''),
})

const kept: readonly [string, Record<string, string>][] = [
  ['an empty repository', {}],
  ['a server file imports from lower layers', server('endpoints/token.ts', '../grants/grants.ts', '../lib/clock.ts')],
  ['a server file imports from its own folder', server('grants/grants.ts', './client-credentials.ts')],
  ['app imports everything below it', server('app.ts', './config/schema.ts', './http/listener.ts', './store/store.ts')],
  ['bin imports app and the configuration', server('bin.ts', './app.ts', './config/load.ts')],
  ['fastify in http', server('http/listener.ts', 'fastify')],
  ['node:sqlite in its store', server('store/sqlite/open.ts', 'node:sqlite', 'kysely')],
  ['a portable package imports a Node type', { 'packages/client/src/a.ts': `import type { Agent } from 'node:http'` }],
  ['a portable package has a part for Node', { 'packages/client/src/node/a.ts': `import { x } from 'node:fs'` }],
  ['resource-server imports client', { 'packages/resource-server/src/a.ts': `import { x } from '@mintmark/client'` }],
  ['a test file imports what it likes', server('domain/client.test.ts', '../app.ts', 'fastify', 'node:sqlite')],
  ['e2e shares the fixtures of a package', { 'e2e/a.ts': `import { x } from '../packages/server/test/fixtures.ts'` }],
  ['an example imports published names', { 'examples/a/src/a.ts': `import { x } from '@mintmark/resource-server'` }],
]
for (const [name, files] of kept) test(`allowed: ${name}`, () => assert.deepEqual(check(files), []))

const broken: readonly [string, Record<string, string>, string | RegExp][] = [
  [
    'a lower layer imports a higher one',
    server('tokens/issue.ts', '../endpoints/token.ts'),
    /endpoints \(L\d+\), which is above it/,
  ],
  [
    'a folder imports one beside it',
    server('grants/a.ts', '../client-auth/b.ts'),
    /client-auth \(L\d+\), which is beside it/,
  ],
  ['a folder without a layer', server('utils/a.ts'), 'the folder has no layer'],
  ['the configuration is imported by others', server('keys/a.ts', '../config/schema.ts'), 'may import config'],
  ['app imports bin', server('app.ts', './bin.ts'), /app\.ts \(L\d+\) may not import bin\.ts \(L\d+\)/],
  ['fastify outside http', server('endpoints/a.ts', 'fastify'), 'fastify may be imported in http/ only'],
  ['node:sqlite outside its store', server('store/postgres/a.ts', 'node:sqlite'), 'in store/sqlite/ only'],
  ['pg outside its store', server('admin/a.ts', 'pg'), 'in store/postgres/ only'],
  ['kysely above the store', server('admin/a.ts', 'kysely'), 'in store/ only'],
  ['domain does I/O', server('domain/a.ts', 'node:fs/promises'), 'domain does no I/O'],
  ['policy does I/O', server('policy/a.ts', 'node:dns'), 'policy does no I/O'],
  ['protocol imports Node', { 'packages/protocol/src/a.ts': `import { x } from 'node:crypto'` }, 'runs outside Node'],
  [
    'a portable package needs its part for Node',
    { 'packages/client/src/a.ts': `import { x } from './node/b.ts'`, 'packages/client/src/node/b.ts': 'export {}' },
    'runs outside Node',
  ],
  [
    'protocol imports client',
    { 'packages/protocol/src/a.ts': `import { x } from '@mintmark/client'` },
    'may not import',
  ],
  ['cli imports server', { 'packages/cli/src/a.ts': `import { x } from '@mintmark/server/bin'` }, 'may not import'],
  [
    'server imports client, as a type',
    { 'packages/server/src/lib/a.ts': `import type { x } from '@mintmark/client'` },
    'may not import',
  ],
  [
    'server loads cli when running',
    { 'packages/server/src/lib/a.ts': `const x = await import('@mintmark/cli')` },
    'may not import',
  ],
  [
    'an unknown package',
    { 'packages/new/src/a.ts': `import { x } from '@mintmark/protocol'` },
    'no entry in the package graph',
  ],
  ['a path into another package', { 'packages/cli/src/a.ts': `import { x } from '../../client/src/b.ts'` }, 'by path'],
  ['e2e reaches into a source', { 'e2e/a.ts': `import { x } from '../packages/server/src/app.ts'` }, 'by path'],
  ['a path into scripts', { 'e2e/a.ts': `export * from '../scripts/check-layers.ts'` }, 'by path'],
]
for (const [name, files, expected] of broken) {
  test(`refused: ${name}`, () => {
    const [problem = '', ...others] = check(files)
    assert.deepEqual(others, [])
    assert.ok(typeof expected === 'string' ? problem.includes(expected) : expected.test(problem), problem)
    assert.match(problem, /^[\w/.-]+\.ts:1: /)
  })
}

test('refused: files that import each other in a circle, also through types, named in order', () => {
  const problems = check({
    'packages/protocol/src/a.ts': `import { b } from './b.ts'`,
    'packages/protocol/src/b.ts': `import type { C } from './c.ts'`,
    'packages/protocol/src/c.ts': `export * from './a.ts'`,
    'packages/protocol/src/d.ts': `import './a.ts'`,
  })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `packages/protocol/src/${name}.ts`)
  assert.deepEqual(problems, [`${a}:1: imports itself in a circle: ${a} → ${b} → ${c} → ${a}`])
})

test('refused: a file that imports itself', () => {
  assert.equal(check({ 'packages/protocol/src/a.ts': `import { b } from './a.ts'` }).length, 1)
})

test('every form of import is seen, and nothing in comments or strings', () => {
  const source = [
    `import 'one'`,
    `import two from 'two'`,
    `import two2, { type A } from 'two2'`,
    `import * as three from 'three'`,
    `import {\n  four, // don't mind\n  five,\n} from 'four'`,
    `import type { Six } from 'six'`,
    `export { seven } from 'seven'`,
    `export * from 'eight'`,
    `export type { Nine } from 'nine'`,
    `export const text = "said: import x from 'no'"`,
    `// import x from 'no'`,
    `/** An example: import('no')\n * import x from 'no'\n */`,
    `export const from = 'no'`,
    `const ten = await import('ten')`,
    `  const eleven = require('eleven')`,
  ].join('\n')
  const found = importsOf(source)
  const expected = ['one', 'two', 'two2', 'three', 'four', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven']
  assert.deepEqual(
    found.map(({ specifier }) => specifier),
    expected,
  )
  assert.deepEqual(
    found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier),
    ['six', 'nine'],
  )
  assert.equal(found.find(({ specifier }) => specifier === 'six')?.line, 9)
})
