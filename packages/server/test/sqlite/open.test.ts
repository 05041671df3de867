import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { checkInBackground } from '../../src/store/sqlite/integrity.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { change, commitNow, event, workspace } from '../store-contract/rows.ts'

const scratch = (test: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-open-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A closed database with a client and some events. */
const database = async (test: TestContext, events = 50): Promise<string> => {
  const file = join(scratch(test), 'mintmark.sqlite')
  const store = await openSqlite(file)
  await commitNow(store, [change('client', 'cb'), change('credential', 's1', { parent: 'cb' })])
  await Promise.all(Array.from({ length: events }, () => store.audit.append(event({ body: 'x'.repeat(500) }))))
  await store.close()
  return file
}

/** The bytes of the database and its log; SQLite's index beside them is its own affair. */
const bytes = (file: string): string =>
  [file, `${file}-wal`]
    .map((path) =>
      existsSync(path) && statSync(path).isFile() && statSync(path).size > 0
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : 'none',
    )
    .join(' ')

const refusedUntouched = async (file: string, message: RegExp): Promise<void> => {
  const before = bytes(file)
  await assert.rejects(openSqlite(file), (error: Error) => {
    assert.equal(error.name, 'StoreOpenError')
    assert.match(error.message, message)
    assert.ok(error.message.includes(file), error.message)
    assert.ok(!error.message.includes('\n'), error.message)
    return true
  })
  assert.equal(bytes(file), before)
}

const overwrite = (file: string, position: number, content: Uint8Array): void => {
  const all = readFileSync(file)
  all.set(content, position)
  writeFileSync(file, all)
}

const noise = (length: number): Uint8Array => {
  const out = new Uint8Array(length)
  for (let index = 0, state = 12345; index < length; index += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    out[index] = state >>> 16
  }
  return out
}

test('REL-002: the product’s connections write ahead with full synchronisation, check foreign keys, wait and map no memory', async (t) => {
  const file = await database(t)
  for (const readOnly of [false, true]) {
    const connection = openConnection(file, { readOnly })
    const pragma = (name: string) => Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    assert.equal(pragma('journal_mode'), 'wal')
    assert.equal(pragma('synchronous'), 2)
    assert.equal(pragma('foreign_keys'), 1)
    assert.ok(Number(pragma('busy_timeout')) > 0)
    assert.equal(pragma('mmap_size') ?? 0, 0)
    connection.close()
  }
})

test('a database, its log and its lock are for their owner’s eyes only', async (t) => {
  const file = join(scratch(t), 'inner/mintmark.sqlite')
  const store = await openSqlite(file)
  await store.audit.append(event())
  for (const path of [file, `${file}-wal`, `${file}-shm`]) assert.equal(statSync(path).mode & 0o777, 0o600, path)
  assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700)
  await store.close()
})

test('REL-006: a database that is gone is not made anew', async (t) => {
  const file = await database(t)
  rmSync(file)
  await refusedUntouched(file, /is gone: restore a backup/)
  assert.equal(existsSync(file), false)
})

test('REL-006: an empty file in the place of a database is not filled', async (t) => {
  const file = await database(t)
  truncateSync(file, 0)
  await refusedUntouched(file, /is empty: restore a backup/)
  const other = join(scratch(t), 'other.sqlite')
  new DatabaseSync(other).exec('PRAGMA user_version = 0; VACUUM')
  rmSync(file)
  copyFileSync(other, file)
  await refusedUntouched(file, /is empty: restore a backup/)
})

test('REL-006: a write-ahead log whose database is gone or empty stops the start, also without a lock file', async (t) => {
  for (const left of ['gone', 'empty']) {
    const file = join(scratch(t), 'mintmark.sqlite')
    writeFileSync(`${file}-wal`, noise(5000))
    if (left === 'empty') writeFileSync(file, '')
    await refusedUntouched(file, left === 'gone' ? /its database .* is gone/ : /is empty/)
  }
})

test('REL-006: noise in the header, in the first page and in the middle stops the start, and nothing is written', async (t) => {
  for (const [where, position] of [
    ['the header', 0],
    ['the schema', 100],
    // Its end, which holds something however large the schema has become.
    ['the first page', 3500],
  ] as const) {
    const file = await database(t)
    overwrite(file, position, noise(600))
    await refusedUntouched(file, /cannot be used .*restore a backup \(nothing was changed\)|not a Mintmark database/)
    assert.ok(where)
  }
  const file = await database(t, 200)
  overwrite(file, Math.floor(statSync(file).size / 2), noise(5000))
  await refusedUntouched(file, /cannot be used .*restore a backup \(nothing was changed\)/)
})

test('REL-006: a database cut off at any page stops the start', async (t) => {
  const file = await database(t, 100)
  const whole = readFileSync(file)
  for (const length of [1, 100, 4096, 4096 * 3, whole.length - 4096, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, length))
    await refusedUntouched(file, /cannot be used|not a Mintmark database/)
  }
  writeFileSync(file, whole)
  await (await openSqlite(file)).close()
})

test('REL-006: of a log torn at any point every whole transaction is there, and no part of another', async (t) => {
  const original = join(scratch(t), 'mintmark.sqlite')
  const store = await openSqlite(original)
  for (let index = 0; index < 12; index += 1) await store.audit.append(event({ body: `{"n":${index}}` }))
  const copies = scratch(t)
  const file = join(copies, 'mintmark.sqlite')
  const log = readFileSync(`${original}-wal`)
  const database = readFileSync(original)
  await store.close()
  let most = 0
  for (let part = 0; part <= 8; part += 1) {
    for (const name of readdirSync(copies)) rmSync(join(copies, name))
    writeFileSync(file, database)
    writeFileSync(`${file}-wal`, log.subarray(0, Math.floor((log.length * part) / 8)))
    let count = 0
    try {
      const opened = await openSqlite(file)
      const { events } = await opened.audit.follow({}, 0, 100)
      count = events.length
      assert.deepEqual(
        events.map(({ body }) => body),
        Array.from({ length: count }, (_, index) => `{"n":${index}}`),
      )
      await opened.close()
    } catch (error) {
      assert.equal((error as Error).name, 'StoreOpenError')
    }
    assert.ok(count >= most, 'a longer log holds at least as much')
    most = count
  }
  assert.equal(most, 12)
})

test('REL-006: another program’s database, a text file and a directory are refused and left alone', async (t) => {
  const directory = scratch(t)
  const foreign = join(directory, 'foreign.sqlite')
  const connection = new DatabaseSync(foreign)
  connection.exec('CREATE TABLE album (title TEXT)')
  connection.close()
  await refusedUntouched(foreign, /is not a Mintmark database/)
  const versioned = join(directory, 'versioned.sqlite')
  const other = new DatabaseSync(versioned)
  other.exec('PRAGMA user_version = 1; PRAGMA application_id = 7')
  other.close()
  await refusedUntouched(versioned, /is not a Mintmark database/)
  const text = join(directory, 'notes.txt')
  writeFileSync(text, 'buy milk\n'.repeat(200))
  await refusedUntouched(text, /cannot be used/)
  const folder = join(directory, 'folder')
  mkdirSync(folder)
  await refusedUntouched(folder, /is not a file/)
})

test('a data directory that cannot be made or written is named', async (t) => {
  const directory = scratch(t)
  writeFileSync(join(directory, 'file'), '')
  await assert.rejects(openSqlite(join(directory, 'file', 'mintmark.sqlite')), {
    name: 'StoreOpenError',
    message: /cannot make the data directory/,
  })
})

test('REL-056: a database of a newer version is refused and not written', async (t) => {
  const file = await database(t)
  const connection = new DatabaseSync(file)
  connection.exec('PRAGMA user_version = 9999')
  connection.close()
  await refusedUntouched(file, /newer Mintmark \(schema 9999/)
})

test('REL-007: a second process on the same file is refused in one line, and the first goes on', async (t) => {
  const file = join(scratch(t), 'mintmark.sqlite')
  const store = await openSqlite(file)
  const module = new URL('../../src/store/sqlite/open.ts', import.meta.url).href
  const program = `import { openSqlite } from '${module}'
    openSqlite(process.argv[1]).then(() => console.log('opened'), (error) => console.log(error.name + ': ' + error.message))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = (await child.stdout.toArray()).join('')
  assert.equal(
    said,
    `StoreOpenError: another mintmark process uses ${file}: stop it first, or choose another data directory\n`,
  )
  await assert.rejects(openSqlite(file), { name: 'StoreOpenError', message: /another mintmark process uses/ })
  await store.audit.append(event())
  assert.equal(await store.audit.newest(), 1)
  await store.close()
  await (await openSqlite(file)).close()
})

test('damage found while the server works stops every write, is told once, and reading goes on', async (t) => {
  const file = await database(t, 400)
  const told: string[] = []
  const store = await openSqlite(file, { onDamage: (reason) => told.push(reason) })
  t.after(() => store.close())
  assert.ok(await store.configuration.readClient(workspace, 'cb'))
  const connection = openConnection(file, { readOnly: true })
  const page = Number(
    connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'revocation_expires'").get()?.rootpage,
  )
  connection.close()
  overwrite(file, (page - 1) * 4096, noise(4096))
  await assert.rejects(store.revocations.listLive(0), { name: 'StoreUnavailableError' })
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /is damaged .*restore a backup/)
  await assert.rejects(store.maintenance.checkWritable(), { name: 'StoreUnavailableError', message: told[0] ?? '' })
  await assert.rejects(store.audit.append(event()), { name: 'StoreUnavailableError' })
  assert.equal(told.length, 1)
  assert.ok(await store.configuration.readClient(workspace, 'cb'))
})

test('a database too large to be checked before the start is checked while the server works', async (t) => {
  const file = await database(t, 200)
  overwrite(file, Math.floor(statSync(file).size / 2), noise(5000))
  const told = Promise.withResolvers<string>()
  const store = await openSqlite(file, { onDamage: told.resolve, startCheckLimit: 1000, backgroundCheckDelay: 0 })
  t.after(() => store.close())
  assert.ok(await store.configuration.readClient(workspace, 'cb'))
  assert.match(await told.promise, /is damaged .*restore a backup/)
  await assert.rejects(store.maintenance.checkWritable(), { name: 'StoreUnavailableError' })
})

test('a sound database is not called damaged by the check in the background', async (t) => {
  const file = await database(t, 10)
  const told: string[] = []
  const ended = Promise.withResolvers<void>()
  const stop = checkInBackground(
    file,
    0,
    (damage) => told.push(damage),
    () => ended.resolve(),
  )
  await ended.promise
  stop()
  assert.deepEqual(told, [])
})
