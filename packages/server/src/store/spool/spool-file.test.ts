import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { AuditRow } from '../store.ts'
import { openSpoolFile, type SpoolFile } from './spool-file.ts'
import { readSpoolText, writeHeader, writeRow } from './spool-format.ts'

const row = (n: number): AuditRow => ({
  time: n,
  type: 'token.issued',
  workspace: 'default/demo',
  client: 'c',
  reference: '',
  body: JSON.stringify({ n, text: 'ü\n\0' }),
})

const directoryOf = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-spool-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const open = (file: string, rests: string[] = [], limit = 1_000_000): SpoolFile =>
  openSpoolFile(file, { limit, onRest: (kept) => void rests.push(kept) })

const numbers = (file: SpoolFile): readonly number[] => file.read(0, 1000).map(({ time }) => time)

test('events are there in their order when the file is opened again, and only its owner may read it', async (t) => {
  const path = join(directoryOf(t), 'audit-spool')
  const first = open(path)
  await Promise.all(Array.from({ length: 50 }, (_, n) => first.append(row(n))))
  const id = first.id()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(first.bytes(), statSync(path).size)
  await first.close()
  const second = open(path)
  assert.equal(second.id(), id)
  assert.deepEqual(
    numbers(second),
    Array.from({ length: 50 }, (_, n) => n),
  )
  assert.deepEqual(second.read(10, 1), [row(10)])
  assert.equal(second.end(), 50)
  await second.close()
})

test('what a crash left half written is put aside, and what comes next follows what was acknowledged', async (t) => {
  const directory = directoryOf(t)
  const path = join(directory, 'audit-spool')
  const whole = open(path)
  for (const n of [0, 1, 2]) await whole.append(row(n))
  await whole.close()
  const { size } = statSync(path)
  for (const damage of ['{"time":3,"ty', `\0\0\0\0\n${writeRow(row(9))}`, 'nothing\n']) {
    truncateSync(path, size)
    appendFileSync(path, damage)
    const rests: string[] = []
    const again = open(path, rests)
    assert.deepEqual(numbers(again), [0, 1, 2])
    assert.equal(readFileSync(rests[0] ?? '', 'utf8'), damage)
    await again.append(row(4))
    await again.close()
    const last = open(path)
    assert.deepEqual(numbers(last), [0, 1, 2, 4])
    await last.close()
  }
  assert.equal(readdirSync(directory).filter((name) => name.includes('rest')).length, 3)
})

test('beyond its limit nothing is taken, and after it was cleared it is another spool with room', async (t) => {
  const path = join(directoryOf(t), 'audit-spool')
  const file = open(path, [], 1000)
  let taken = 0
  await assert.rejects(async () => {
    for (;;) {
      await file.append(row(taken))
      taken += 1
    }
  }, /StoreUnavailableError: the spool is full: 1000 bytes/)
  assert.ok(taken > 3 && statSync(path).size <= 1000)
  const id = file.id()
  file.clear()
  assert.notEqual(file.id(), id)
  assert.deepEqual([file.first(), file.end(), file.read(0, 10)], [0, 0, []])
  await file.append(row(7))
  await file.close()
  const again = open(path)
  assert.deepEqual(numbers(again), [7])
  await again.close()
})

test('a file that is no spool is left as it is', (t) => {
  const path = join(directoryOf(t), 'audit-spool')
  appendFileSync(path, 'something else\n')
  assert.throws(() => open(path), /StoreUnavailableError: the spool .* cannot be opened/)
  assert.equal(readFileSync(path, 'utf8'), 'something else\n')
})

test('whatever the end of a spool is cut to, what is read are its first events', () => {
  const texts = fc.array(fc.record({ body: fc.string(), client: fc.string(), time: fc.nat() }), { maxLength: 8 })
  fc.assert(
    fc.property(texts, fc.nat(), (parts, cut) => {
      const rows = parts.map((part) => ({ ...row(0), ...part }))
      const header = writeHeader('id', 0)
      const whole = header + rows.map(writeRow).join('')
      const kept = whole.slice(0, header.length + (cut % (whole.length - header.length + 1)))
      const { lines, bytes, rest } = readSpoolText(kept)
      assert.deepEqual(lines, rows.slice(0, lines.length).map(writeRow))
      assert.equal(header + lines.join('') + rest, kept)
      assert.equal(bytes, Buffer.byteLength(header + lines.join('')))
    }),
  )
})
