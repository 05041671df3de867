import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startTestServer } from './fixtures.ts'
import { runCommand } from './run-command.ts'

const scratch = (test: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-bad-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Runs `mintmark serve` where it must refuse; one line and its exit code. */
const serve = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  refusing(['serve', '--public-port', '0', '--admin-port', '0', ...args], environment)

const refusing = async (all: readonly string[], environment: Readonly<Record<string, string>>) => {
  const { code, written: output } = await runCommand(all, environment)
  assert.equal(output.trim().split('\n').length, 1, output)
  return { code, output }
}

/** The data of a server that ran and stopped. */
const formerData = async (t: TestContext): Promise<string> => {
  const dataDirectory = scratch(t)
  const server = await startTestServer(t, { dataDirectory })
  await server.token('cb')
  await server.close()
  return dataDirectory
}

test('REL-006: a truncated database stops the server with one line, and stays as it is', async (t) => {
  const directory = await formerData(t)
  const file = join(directory, 'mintmark.sqlite')
  truncateSync(file, 20_000)
  const before = readFileSync(file)
  const { code, output } = await serve(['--data-dir', directory])
  assert.equal(code, 1)
  assert.match(output, /^mintmark: the database .* cannot be used .*restore a backup \(nothing was changed\)\n$/)
  assert.deepEqual(readFileSync(file), before)
})

test('REL-006: a database that is gone is not replaced by an empty one, which would know no client', async (t) => {
  const directory = await formerData(t)
  unlinkSync(join(directory, 'mintmark.sqlite'))
  const { code, output } = await serve(['--data-dir', directory])
  assert.equal(code, 1)
  assert.match(output, /^mintmark: the database .* is gone: restore a backup/)
})

test('another master key stops the server with exit code 78, and the right one starts it again', async (t) => {
  const directory = await formerData(t)
  const wrong = Buffer.alloc(32, 9).toString('base64')
  const { code, output } = await serve(['--data-dir', directory], { MINTMARK_MASTER_KEY: wrong })
  assert.equal(code, 78)
  assert.match(output, /^mintmark: the master key is not the one this store was sealed under/)
  assert.ok(!output.includes(wrong))
  await startTestServer(t, { dataDirectory: directory })
})

test('a master key file that is gone, empty or cut off stops the server with exit code 78', async (t) => {
  const directory = await formerData(t)
  const file = join(directory, 'master-key')
  for (const [content, says] of [
    ['', /must be 32 bytes/],
    [readFileSync(file, 'utf8').slice(0, 20), /must be 32 bytes/],
    [undefined, /is gone: restore it/],
  ] as const) {
    if (content === undefined) unlinkSync(file)
    else writeFileSync(file, content)
    const { code, output } = await serve(['--data-dir', directory])
    assert.equal(code, 78)
    assert.match(output, says)
  }
})

test('a configuration file that is a directory, too large or not text is refused', async (t) => {
  const directory = scratch(t)
  const folder = join(directory, 'folder.yaml')
  mkdirSync(folder)
  const large = join(directory, 'large.yaml')
  writeFileSync(large, `# ${'x'.repeat(10_000_000)}\n`)
  const binary = join(directory, 'binary.yaml')
  writeFileSync(
    binary,
    Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256),
  )
  for (const [file, says] of [
    [folder, /cannot be read \(EISDIR\)/],
    [large, /is larger than/],
    [binary, /binary\.yaml/],
  ] as const) {
    const { code, output } = await serve(['--data-dir', join(directory, 'data'), '--config', file])
    assert.equal(code, 78)
    assert.match(output, says)
  }
})

test('a store of a kind we do not know is named', async (t) => {
  const { code, output } = await serve(['--data-dir', scratch(t), '--store', 'mysql://root@db/mintmark'])
  assert.equal(code, 78)
  assert.match(output, /no store for mysql:\/\/: sqlite:FILE or postgres:\/\/user@host:5432\/database/)
})

test('a store that is no URL, or a URL that cannot be meant, is refused as a setting, and nothing of it is repeated', async (t) => {
  for (const [store, says] of [
    ['host=db user=m password=hunter22', /the store is no URL: sqlite:FILE or postgres:/],
    ['postgres//m:hunter22@db/mintmark', /the store is no URL/],
    ['"postgres://m:hunter22@db/mintmark"', /the store is no URL/],
    ['m:hunter22@db/mintmark', /the store is no URL/],
    ['mintmark.sqlite', /the store is no URL/],
    ['jdbc:postgresql://m:hunter22@db/mintmark', /the store is no URL/],
    ['postgres://m:hunter22@db/mintmark?sslmode=prefer', /sslmode prefer, which may or may not encrypt/],
    ['postgres://m:12?hunter22@db/mintmark', /is not one: postgres/],
    ['postgres://db/mintmark', /names no user/],
  ] as const) {
    for (const command of ['serve', 'migrate', 'config check', 'config print']) {
      const all = [...command.split(' '), '--data-dir', scratch(t)]
      const { code, output } = await refusing(all, { MINTMARK_STORE: store })
      assert.equal(code, 78, store)
      assert.match(output, says)
      assert.ok(!output.includes('hunter22'), output)
    }
  }
})

test('a password in the arguments of a command is refused, and not repeated', async (t) => {
  const { code, output } = await serve(['--data-dir', scratch(t), '--store', 'postgres://root:hunter22@db/mintmark'])
  assert.equal(code, 78)
  assert.match(output, /--store has a password.*MINTMARK_STORE_PASSWORD/)
  assert.ok(!output.includes('hunter22'))
})
