import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { maximumWaitingWrites, startWriter, type Writer } from '../../src/store/sqlite/writer.ts'
import { event } from '../store-contract/rows.ts'

const unavailable = { name: 'StoreUnavailableError' }

const open = (test: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-writer-'))
  const file = join(directory, 'db.sqlite')
  const connection = openConnection(file)
  migrate(connection, file)
  const writer = startWriter(file, { thread: new URL('./ending-writer-thread.ts', import.meta.url) })
  test.after(async () => {
    await writer.close()
    connection.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const settings = () =>
    connection
      .prepare('SELECT name FROM setting ORDER BY name')
      .all()
      .map(({ name }) => name)
  const events = () => Number(connection.prepare('SELECT count(*) AS count FROM audit_event').get()?.count)
  return { connection, writer, settings, events }
}

const eventually = async (done: () => Promise<unknown>): Promise<void> => {
  const end = performance.now() + 20_000
  for (;;) {
    try {
      await done()
      return
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

const write = (writer: Writer, name: string) => writer.write('writeSetting', name, 'value')

test('a writer whose thread ends refuses what it was doing, starts again and has lost nothing it acknowledged', async (t) => {
  const { writer, settings, events } = open(t)
  await write(writer, 'a')
  await Promise.all(Array.from({ length: 20 }, () => writer.appendAudit(event())))
  const ending = write(writer, 'end before the commit')
  const behind = write(writer, 'b')
  await assert.rejects(ending, unavailable)
  await assert.rejects(behind, unavailable)
  await eventually(() => write(writer, 'c'))
  await writer.appendAudit(event())
  assert.deepEqual(settings(), ['a', 'c'])
  assert.equal(events(), 21)
})

test('a write whose answer is lost says that it may have been done', async (t) => {
  const { writer, settings } = open(t)
  await assert.rejects(write(writer, 'end after the commit'), { ...unavailable, message: /may have been done or not/ })
  assert.deepEqual(settings(), ['end after the commit'])
  await eventually(() => write(writer, 'next'))
})

test('a writer that ends again and again does not spin, and comes back', async (t) => {
  const { writer, settings } = open(t)
  for (let round = 0; round < 3; round += 1) {
    await eventually(() =>
      assert.rejects(write(writer, 'end before the commit'), { ...unavailable, message: /exit code 9/ }),
    )
  }
  await eventually(() => write(writer, 'at last'))
  assert.deepEqual(settings(), ['at last'])
})

test('more waiting writes than it may hold are refused at once, and those accepted are done', async (t) => {
  const { writer, settings } = open(t)
  const names = Array.from({ length: maximumWaitingWrites + 5 }, (_, index) => `s${index}`)
  const results = await Promise.allSettled(names.map((name) => write(writer, name)))
  assert.equal(results.filter(({ status }) => status === 'rejected').length, 5)
  assert.equal(settings().length, maximumWaitingWrites)
})

test('a value that cannot be stored is refused and the transaction leaves nothing', async (t) => {
  const { writer, settings, events } = open(t)
  const broken = { ...event(), body: undefined as unknown as string }
  await assert.rejects(writer.write('addRevocations', [], [event(), broken]), unavailable)
  await assert.rejects(writer.appendAudit(broken), unavailable)
  await assert.rejects(writer.write('writeSetting', 'x', (() => 'a function') as unknown as string))
  await write(writer, 'after')
  assert.deepEqual([settings(), events()], [['after'], 0])
})

test('while another connection holds the write lock a write waits, then is refused, and works again after', async (t) => {
  const { connection, writer } = open(t)
  connection.exec('BEGIN IMMEDIATE')
  await assert.rejects(write(writer, 'a'), { ...unavailable, message: /locked/ })
  connection.exec('COMMIT')
  await write(writer, 'b')
})

test('a writer told to refuse writes nothing more, and says why', async (t) => {
  const { writer, settings } = open(t)
  writer.refuse('the database is damaged')
  await assert.rejects(write(writer, 'a'), { ...unavailable, message: 'the database is damaged' })
  await assert.rejects(writer.appendAudit(event()), unavailable)
  assert.deepEqual(settings(), [])
})
