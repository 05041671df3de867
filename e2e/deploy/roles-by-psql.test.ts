import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { serverPrograms } from '../postgres/server-programs.ts'

const run = promisify(execFile)
const { folder, environment, skip } = await serverPrograms()

test('the script of Compose makes the roles by psql, whatever is in a password, and no password is an argument of a process', {
  skip,
}, async (t) => {
  Object.assign(process.env, environment, { MINTMARK_TEST_POSTGRES: folder })
  const postgres = await startPostgres({ settings: { log_statement: 'none' } })
  t.after(postgres.close)
  await postgres.query('postgres', 'CREATE DATABASE mintmark')
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-roles-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const passwords = { owner: `owning 'it' "\\$(id) :server`, server: 'serving; -- it' }
  for (const [name, password] of Object.entries(passwords)) writeFileSync(join(directory, `${name}-password`), password)
  // psql says with which arguments it, and what it starts, was started.
  writeFileSync(
    join(directory, 'psql'),
    `#!/bin/bash\nprintf '%s\\n' "$@" >> ${directory}/arguments\nexec ${join(folder, 'psql')} "$@"\n`,
    { mode: 0o755 },
  )
  writeFileSync(
    join(directory, 'cat'),
    `#!/bin/bash\nprintf '%s\\n' "$@" >> ${directory}/arguments\nexec /bin/cat "$@"\n`,
    { mode: 0o755 },
  )
  const script = readFileSync(resolve(import.meta.dirname, '../../deploy/compose/roles.sh'), 'utf8')
  assert.ok(script.includes('/run/secrets/'))
  const child = spawn('bash', ['-c', script.replaceAll('/run/secrets/', `${directory}/`)], {
    env: {
      ...process.env,
      PATH: [directory, process.env.PATH].join(delimiter),
      POSTGRES_USER: 'postgres',
      POSTGRES_DB: 'mintmark',
      PGHOST: '127.0.0.1',
      PGPORT: String(postgres.port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  assert.equal(await new Promise((done) => child.once('close', done)), 0, output)
  const given = readFileSync(join(directory, 'arguments'), 'utf8')
  for (const [name, password] of Object.entries(passwords)) {
    assert.ok(given.includes(`${name}-password`), 'its file is')
    assert.ok(!given.includes(password))
    assert.ok(!output.includes(password))
  }
  for (const [user, password] of [
    ['mintmark_owner', passwords.owner],
    ['mintmark', passwords.server],
  ] as const) {
    const asked = ['-h', '127.0.0.1', '-p', String(postgres.port), '-U', user, '-d', 'mintmark', '-Atw']
    const { stdout } = await run(join(folder, 'psql'), [...asked, '-c', 'SELECT current_schema(), current_user'], {
      env: { ...process.env, PGPASSWORD: password },
    })
    assert.equal(stdout, `mintmark|${user}\n`)
  }
})
