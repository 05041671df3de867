import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { settings } from '@mintmark/server'
import { debianProgram } from '../debian/debian-program.ts'

const run = promisify(execFile)
const unit = readFileSync(resolve(import.meta.dirname, '../../deploy/systemd/mintmark.service'), 'utf8')
const valuesOf = (name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value)

const analyze = await debianProgram({ packages: ['systemd', 'libsystemd-shared'], program: 'usr/bin/systemd-analyze' })

describe('systemd about the unit', { skip: analyze.skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-systemd-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'mintmark.service')
  // The programs of the unit need not be on this machine.
  writeFileSync(file, unit.replaceAll('/usr/bin/node', '/bin/true').replaceAll('file:///opt/mintmark', 'file:///'))
  const ask = (...args: readonly string[]) =>
    run(analyze.path, args, { env: { ...process.env, ...analyze.environment } })

  test('it understands every line', async () => {
    const { stdout, stderr } = await ask('verify', '--man=no', file)
    assert.equal(stdout + stderr, '')
  })

  test('it counts its exposure as 1.5 at the most, of 10', async () => {
    const { stdout } = await ask('security', '--offline=yes', '--threshold=15', '--no-pager', file)
    assert.match(stdout, /Overall exposure level for mintmark\.service: 1\.\d OK/)
  })
})

test('its settings are settings of the server, and secrets come as credentials', () => {
  const names = new Set(Object.values(settings).flatMap(({ environment }) => [environment, `${environment}_FILE`]))
  const own = valuesOf('Environment').map((value) => value.split('=')[0] ?? '')
  const ours = own.filter((name) => name.startsWith('MINTMARK_'))
  assert.ok(ours.length >= 2)
  for (const name of ours) assert.ok(names.has(name), name)
  assert.deepEqual(valuesOf('LoadCredential'), ['master-key:/etc/mintmark/master-key'])
})

test('settings that are wrong end it, and nothing else does: not a database that is not there yet', () => {
  assert.deepEqual(valuesOf('RestartPreventExitStatus'), ['78'])
  assert.deepEqual(valuesOf('Restart'), ['always'])
  assert.deepEqual(valuesOf('StartLimitIntervalSec'), ['0'])
  // What ends with 78 there is tried again: RestartPreventExitStatus is about the main process.
  assert.deepEqual(valuesOf('ExecStartPre'), [])
})

test('what it starts is where an installation from a clone has it', () => {
  const [, started = ''] = /\/opt\/mintmark\/(\S+\.js) serve/.exec(valuesOf('ExecStart')[0] ?? '') ?? []
  assert.ok(existsSync(resolve(import.meta.dirname, '../..', started)), started)
})

test('it waits for longer than the server takes to drain, and allows more files than it takes connections', () => {
  const { drainDelay, drainTimeout, connectionLimit } = settings
  assert.ok(Number(valuesOf('TimeoutStopSec')[0]) * 1000 > drainDelay.default + drainTimeout.default + 5000)
  assert.ok(Number(valuesOf('LimitNOFILE')[0]) > connectionLimit.default)
})
