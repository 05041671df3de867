import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { archivingTo } from '../../packages/server/test/postgres/point-in-time.ts'
import { type PostgresServer, startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { assertOnlyNewLives, isActive, startAgain, startOld } from '../../packages/server/test/restored.ts'
import { runCommand } from '../../packages/server/test/run-command.ts'
import { serverPrograms } from './server-programs.ts'

const run = promisify(execFile)
const { folder, environment, skip } = await serverPrograms()

const page = readFileSync(resolve(import.meta.dirname, '../../docs/backup-and-restore.md'), 'utf8')
const blocks = [...page.matchAll(/^```sh no-run\n(.*?)^```$/gms)].map(([, block = '']) => block)

/** The lines of the documentation that begin with something. */
const documented = (first: string): string => {
  const block = blocks.find((each) => each.startsWith(first))
  assert.ok(block, `${first} is documented`)
  return block
}

/** Where the page's places are on this machine. */
type Places = {
  readonly postgres: PostgresServer
  readonly directory: string
  readonly replaced: Readonly<Record<string, string>>
  /** What `mintmark` is told beside. */
  readonly dataDirectory: string
  /** What stops and starts. */
  readonly services: Readonly<
    Record<string, { readonly stop: () => Promise<void>; readonly start: () => Promise<void> }>
  >
}

/** Runs documented lines as the user of PostgreSQL; services are what the test gives, and mintmark runs in this process. */
const runDocumented = async (lines: string, { postgres, directory, replaced, dataDirectory, services }: Places) => {
  let text = lines
  for (const [from, to] of Object.entries(replaced)) text = text.replaceAll(from, to)
  const { uid, gid } = statSync(postgres.directory, { throwIfNoEntry: false }) ?? statSync(directory)
  const identity = process.getuid?.() === 0 ? { uid, gid } : {}
  let waiting: string[] = []
  const flush = async (): Promise<void> => {
    const script = waiting.join('\n')
    waiting = []
    if (script.trim() === '') return
    await run('bash', ['-euo', 'pipefail', '-c', script], {
      ...identity,
      cwd: directory,
      env: {
        ...process.env,
        PATH: [folder, process.env.PATH].join(delimiter),
        PGPASSFILE: join(directory, 'pgpass'),
      },
    })
  }
  let printed = ''
  for (const line of text.split('\n')) {
    const [program, ...words] = line.split(' ')
    if (program === 'systemctl') {
      await flush()
      const [verb, ...names] = words
      for (const name of names) {
        const service = services[name]
        assert.ok(service && (verb === 'stop' || verb === 'start'), line)
        await service[verb]()
      }
    } else if (program === 'mintmark') {
      await flush()
      const done = await runCommand([...words, '--data-dir', dataDirectory])
      assert.equal(done.code, 0, done.written)
      printed = done.output
    } else waiting.push(line)
  }
  await flush()
  return printed
}

/** A PostgreSQL that archives its log, with the user that copies it, and a folder that it may write to. */
const startArchiving = async (t: TestContext) => {
  Object.assign(process.env, environment, { MINTMARK_TEST_POSTGRES: folder })
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-documented-'))
  chmodSync(directory, 0o755)
  const [archive, backups] = [join(directory, 'archive'), join(directory, 'backups')]
  for (const each of [archive, backups]) mkdirSync(each)
  const rules = [
    'host all postgres 127.0.0.1/32 trust',
    'host replication replicator 127.0.0.1/32 scram-sha-256',
    'host all all 127.0.0.1/32 scram-sha-256',
  ]
  const postgres = await startPostgres({
    durable: true,
    settings: archivingTo(archive),
    files: { 'pg_hba.conf': `${rules.join('\n')}\n` },
  })
  t.after(async () => {
    await postgres.close()
    for (const each of [directory, `${postgres.directory}-before`]) rmSync(each, { recursive: true, force: true })
  })
  const { uid, gid } = statSync(postgres.directory)
  const password = join(directory, 'pgpass')
  writeFileSync(password, '127.0.0.1:*:*:replicator:copies all\n', { mode: 0o600 })
  if (process.getuid?.() === 0) for (const each of [directory, backups, password]) chownSync(each, uid, gid)
  await postgres.query('postgres', "CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'copies all'")
  await postgres.query('postgres', 'CREATE DATABASE mintmark')
  const url = postgres.url('mintmark')
  const replaced = {
    'postgres://mintmark_owner@db.example.com/mintmark': url,
    '-h db.example.com': `-h 127.0.0.1 -p ${postgres.port}`,
    '/var/lib/postgresql/18/main': postgres.directory,
    '/var/lib/postgresql/18/before': `${postgres.directory}-before`,
    '/usr/lib/postgresql/18/bin': folder,
    '/backups': backups,
    '/archive/': `${archive}/`,
  }
  return { postgres, directory, url, replaced }
}

const writable = async (postgres: PostgresServer): Promise<void> => {
  const end = performance.now() + 30_000
  while ((await postgres.query('mintmark', 'SELECT pg_is_in_recovery() AS recovering')).rows[0]?.recovering !== false) {
    assert.ok(performance.now() < end, 'the recovery never ended')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('REL-053: by pg_basebackup and the archived log, as documented, PostgreSQL goes back to a moment, and nothing issued before lives', {
  skip,
}, async (t) => {
  const { postgres, directory, url, replaced } = await startArchiving(t)
  const it = await startOld(t, url)
  const { dataDirectory } = it.old
  let server: Awaited<ReturnType<typeof startAgain>> | undefined
  const places: Places = {
    postgres,
    directory,
    replaced,
    dataDirectory,
    services: {
      mintmark: {
        stop: async () => void (await it.old.close()),
        start: async () => {
          server = await startAgain(t, it, dataDirectory, url)
        },
      },
      postgresql: {
        // The last of the log is archived when it stops.
        stop: () => postgres.stop('fast'),
        start: async () => {
          await postgres.start()
          await writable(postgres)
        },
      },
    },
  }
  await runDocumented(documented('pg_basebackup'), places)
  const kept = await it.old.token('cb')
  // What PostgreSQL says of a moment is between two commits.
  const moment = String((await postgres.query('mintmark', 'SELECT clock_timestamp()::text AS now')).rows[0]?.now)
  const since = await it.goOn()

  const back = { ...places, replaced: { ...replaced, '2026-07-01 14:29:00+00': moment } }
  const printed = await runDocumented(documented('systemctl stop mintmark postgresql'), back)
  assert.match(printed, /Tokens issued until .* are rejected in every workspace/)
  const { rows } = await postgres.query(
    'mintmark',
    "SELECT count(*) FILTER (WHERE type = 'token.revoked' AND client = 'cb')::int AS later FROM audit_event",
  )
  assert.equal(rows[0]?.later, 0, 'what came after the moment is not there')
  assert.ok(server)
  assert.equal(await isActive(server, it.old, kept), false)
  await assertOnlyNewLives(server, it, since, kept)
  await server.close()
})

test('REL-050, REL-053: by pg_dump and pg_restore, as documented, the database is of the moment of the dump, and nothing issued before lives', {
  skip,
}, async (t) => {
  const { postgres, directory, url, replaced } = await startArchiving(t)
  const it = await startOld(t, url)
  const { dataDirectory } = it.old
  let server: Awaited<ReturnType<typeof startAgain>> | undefined
  const places: Places = {
    postgres,
    directory,
    replaced,
    dataDirectory,
    services: {
      mintmark: {
        stop: async () => void (await it.old.close()),
        start: async () => {
          server = await startAgain(t, it, dataDirectory, url)
        },
      },
    },
  }
  // While requests go on.
  let over = false
  const acknowledged = await it.old.store.audit.newest()
  const load = Array.from({ length: 2 }, async () => {
    while (!over) await it.old.token('cb')
  })
  await runDocumented(documented('pg_dump'), places)
  over = true
  await Promise.all(load)
  const since = await it.goOn()

  await runDocumented(documented('systemctl stop mintmark\n'), places)
  const { rows } = await postgres.query(
    'mintmark',
    "SELECT count(*) FILTER (WHERE type = 'token.revoked' AND client = 'cb')::int AS later, count(*)::int AS events FROM audit_event",
  )
  assert.equal(rows[0]?.later, 0, 'what came after the dump is not there')
  assert.ok(rows[0]?.events >= acknowledged, 'what was acknowledged before it is')
  assert.ok(server)
  await assertOnlyNewLives(server, it, since, it.before.jwt)
  await server.close()
})
