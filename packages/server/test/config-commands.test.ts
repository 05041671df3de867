import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { settings } from '../src/config/schema.ts'
import { runCommand } from './run-command.ts'

const file = (test: TestContext, text: string): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-config-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'mintmark.yaml')
  writeFileSync(path, text)
  return path
}

const masterKey = Buffer.alloc(32, 7).toString('base64')

test('config print shows every setting with its source, and a secret as ***', async (t) => {
  const path = file(t, 'public:\n  port: 8080\nlog:\n  level: warn\n')
  const { code, output } = await runCommand(['config', 'print', '--config', path, '--admin-port', '9090', '--json'], {
    MINTMARK_MASTER_KEY: masterKey,
    MINTMARK_LOG_LEVEL: 'debug',
  })
  assert.equal(code, 0)
  assert.ok(!output.includes(masterKey))
  const shown = JSON.parse(output) as Record<string, { value: unknown; source: string }>
  assert.deepEqual(
    Object.keys(shown).toSorted(),
    Object.values(settings)
      .map((setting) => setting.path)
      .toSorted(),
  )
  assert.deepEqual(shown['public.port'], { value: 8080, source: path })
  assert.deepEqual(shown['admin.port'], { value: 9090, source: '--admin-port' })
  assert.deepEqual(shown['log.level'], { value: 'debug', source: 'MINTMARK_LOG_LEVEL' })
  assert.deepEqual(shown.masterKey, { value: '***', source: 'MINTMARK_MASTER_KEY' })
  assert.deepEqual(shown.previousMasterKey, { value: '', source: 'default' })
})

test('config print for people is a line for each setting, without secrets', async () => {
  const { code, output } = await runCommand(['config', 'print'], { MINTMARK_MASTER_KEY: masterKey })
  assert.equal(code, 0)
  const lines = output.trim().split('\n')
  assert.equal(lines.length, Object.keys(settings).length)
  assert.ok(lines.some((line) => /^masterKey +\*\*\* +MINTMARK_MASTER_KEY$/.test(line)))
  assert.ok(!output.includes(masterKey))
})

test('config check says that settings are valid, or names each problem with exit code 78', async (t) => {
  const valid = await runCommand(['config', 'check'])
  assert.deepEqual([valid.code, valid.output, valid.errors], [0, 'The settings are valid.\n', ''])
  const path = file(t, 'public:\n  port: many\naudit:\n  retention: 0\n')
  const { code, output, errors } = await runCommand(['config', 'check', '--config', path])
  assert.equal(code, 78)
  assert.equal(output, '')
  assert.match(errors, /public\.port must be a whole number/)
  assert.match(errors, /audit\.retention must be between/)
})

test('commands of the server’s machine refuse what they do not know with exit code 2 and a hint', async () => {
  for (const args of [
    ['config', 'check', '--nope'],
    ['config', 'print', 'extra'],
    ['config', 'print', '--output', 'xml'],
    ['migrate', 'extra'],
    ['backup'],
    ['backup', 'one', 'two'],
    ['restore'],
    ['restore', 'file', '--replace=yes'],
  ]) {
    const { code, output, errors } = await runCommand(args)
    assert.deepEqual([code, output], [2, ''], args.join(' '))
    assert.match(errors, /^mintmark: .*\n {2}see "mintmark help .*"\n$/, args.join(' '))
  }
})

test('a flag that is nearly one, or the end of one, is asked about', async () => {
  const asked = async (flag: string) => (await runCommand(['config', 'check', flag])).errors.split('\n')[0]
  assert.equal(await asked('--data-dri'), 'mintmark: unknown flag "--data-dri": is --data-dir meant?')
  assert.equal(await asked('--port'), 'mintmark: unknown flag "--port": is --public-port meant?')
  assert.equal(await asked('--nope'), 'mintmark: unknown flag "--nope"')
})

test('each command explains itself', async () => {
  for (const name of ['migrate', 'backup', 'restore', 'config check', 'config print']) {
    const { code, output } = await runCommand([...name.split(' '), '--help'])
    assert.equal(code, 0)
    assert.match(output, new RegExp(`^mintmark ${name}: `))
    assert.match(output, /Examples:/)
  }
})

test('a password of the store is printed nowhere, and refused where every user of the machine can see it', async () => {
  const store = 'postgres://mintmark:s3cret%2F@db.example.com/mintmark'
  for (const form of [[], ['--json']]) {
    const { code, output } = await runCommand(['config', 'print', ...form], { MINTMARK_STORE: store })
    assert.equal(code, 0)
    assert.doesNotMatch(output, /s3cret/)
    assert.match(output, /postgres:\/\/mintmark:\*\*\*@db\.example\.com\/mintmark/)
    const apart = await runCommand(['config', 'print', ...form], {
      MINTMARK_STORE: 'postgres://mintmark@db.example.com/mintmark',
      MINTMARK_STORE_PASSWORD: 'an0ther',
    })
    assert.equal(apart.code, 0)
    assert.doesNotMatch(apart.output, /an0ther/)
  }
  const both = { MINTMARK_STORE: store, MINTMARK_STORE_PASSWORD: 'an0ther' }
  const twice = await runCommand(['config', 'print'], both)
  assert.equal(twice.code, 78)
  assert.match(twice.errors, /has a password, and there is one in the settings: give one of them/)
  assert.doesNotMatch(twice.output + twice.errors, /s3cret|an0ther/)
  const flag = await runCommand(['config', 'check', '--store', store])
  assert.equal(flag.code, 78)
  assert.match(flag.errors, /--store has a password, which every user of this machine can see/)
  const unreachable = await runCommand(['migrate'], { MINTMARK_STORE: store.replace('db.example.com', '127.0.0.1:1') })
  assert.equal(unreachable.code, 1)
  for (const { output, errors } of [flag, unreachable]) assert.doesNotMatch(output + errors, /s3cret/)
})
