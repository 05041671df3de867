import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { loadConfig, settings, startServer } from '@mintmark/server'
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

test('with its environment, and a credential laid out as systemd does, the server starts, and makes no master key of its own', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-credentials-'))
  const credentials = join(directory, 'credentials')
  context.after(() => {
    chmodSync(credentials, 0o700)
    rmSync(directory, { recursive: true, force: true })
  })
  mkdirSync(credentials)
  for (const credential of valuesOf('LoadCredential')) {
    const [name = ''] = credential.split(':')
    // As `openssl rand -base64 32` writes it; systemd gives it to the service alone, to be read.
    writeFileSync(join(credentials, name), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o400 })
  }
  chmodSync(credentials, 0o500)
  const places: Readonly<Record<string, string>> = { '%S': directory, '%C': directory, '%d': credentials }
  const environment = Object.fromEntries(
    valuesOf('Environment').map((line) => {
      const [name = '', ...value] = line.split('=')
      return [name, value.join('=').replaceAll(/%[SCd]/g, (place) => places[place] ?? '')]
    }),
  )
  const flags = { publicPort: '0', adminPort: '0', logLevel: 'silent' }
  const server = await startServer(loadConfig({ file: undefined, environment, flags }).config)
  assert.equal(server.dataDirectory, join(directory, 'mintmark'))
  await server.close()
  assert.ok(!existsSync(join(server.dataDirectory, 'master-key')))
  await assert.rejects(
    startServer(
      loadConfig({ file: undefined, environment: { MINTMARK_DATA_DIR: server.dataDirectory }, flags }).config,
    ),
    {
      name: 'MasterKeyError',
    },
  )
})
