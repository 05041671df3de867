import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { filledOnce, folder, run } from './language.ts'

interface Differences {
  readonly vectors: readonly string[]
}

const requirements = join(folder, 'python/requirements.txt')
const witnesses = new URL('../../../conformance/witnesses.json', import.meta.url)

const packages = () =>
  filledOnce('python', requirements, (target) => {
    const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    return run('python3', ['-m', 'pip', 'install', ...quietly, '--target', target, '-r', requirements])
  })

const skip = spawnSync('python3', ['--version']).status === 0 ? false : 'needs python3'

test('the program of the documentation finds what PyJWT decides otherwise, which is what is written down', {
  skip,
}, async () => {
  const { PyJWT } = JSON.parse(readFileSync(witnesses, 'utf8')).witnesses
  assert.match(readFileSync(requirements, 'utf8'), new RegExp(`^pyjwt==${PyJWT.version}$`, 'm'))
  const { stdout, stderr } = spawnSync('python3', [join(folder, 'python/conformance.py')], {
    env: { ...process.env, PYTHONPATH: await packages() },
    encoding: 'utf8',
  })
  const found = [...stdout.matchAll(/^([a-z0-9-]+): .*: wanted (good|refused)$/gm)]
  const ids = (wanted: string) =>
    found
      .filter(([, , one]) => one === wanted)
      .map(([, id]) => id)
      .sort()
  const listed = (differences: readonly Differences[]) => differences.flatMap(({ vectors }) => vectors).sort()
  assert.match(stdout, /^\d+ of \d+ vectors are decided as they say$/m, stderr)
  assert.deepEqual(ids('refused'), listed(PyJWT.looser))
  assert.deepEqual(ids('good'), listed(PyJWT.narrower))
})
