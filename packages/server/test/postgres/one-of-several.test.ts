import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import type { SettingName } from '../../src/config/schema.ts'
import { type Log, type LogDetails, silentLog } from '../../src/lib/log.ts'
import { startServer } from '../../src/server.ts'
import { sharedPostgres } from './postgres-server.ts'
import { migratedDatabase } from './test-store.ts'

const { createDatabase } = await sharedPostgres()
const { url: store, drop } = await createDatabase(await migratedDatabase())
after(drop)

const directory = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'mintmark-one-'))
  after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** The proxy in front, named: a start behind one that is not warns. */
const proxy = { proxyAddresses: '192.0.2.1', proxyAddressHeader: 'x-forwarded-for' } as const

/** Starts a node and says what it warned of; it is stopped at the end, if a test that fails has not. */
const start = async (settings: Readonly<Partial<Record<SettingName, string>>>) => {
  const warnings: (readonly [message: string, details: LogDetails | undefined])[] = []
  const log: Log = { ...silentLog, warn: (message, details) => void warnings.push([message, details]) }
  const flags = { store, publicPort: '0', adminPort: '0', ...proxy, ...settings }
  const server = await startServer(loadConfig({ file: undefined, environment: {}, flags }).config, { log })
  let closing: Promise<unknown> | undefined
  const close = async (): Promise<void> => {
    closing ??= server.close()
    await closing
  }
  after(close)
  return { close, warnings }
}

test('a node that makes the master key says that the others need it', async (t) => {
  const own = await createDatabase(await migratedDatabase())
  t.after(own.drop)
  const dataDirectory = directory()
  const { close, warnings } = await start({ store: own.url, dataDirectory })
  await close()
  const [[message, details] = []] = warnings
  assert.match(message ?? '', /a master key was made: every other node needs it/)
  assert.deepEqual(details, { file: join(dataDirectory, 'master-key') })
  const other = start({ store: own.url, dataDirectory: directory() })
  await assert.rejects(other, /master-key is gone: .*nodes over one PostgreSQL have the same/)
})

test('nodes are told when their URLs differ, and no two use one data directory', async () => {
  const masterKey = randomBytes(32).toString('hex')
  const dataDirectory = directory()
  const url = 'https://tokens.example.com'
  const first = await start({ masterKey, dataDirectory, url })
  assert.deepEqual(first.warnings, [])

  await assert.rejects(start({ masterKey, dataDirectory, url }), {
    name: 'StoreOpenError',
    message: `another mintmark process uses ${join(dataDirectory, 'node')}: stop it first, or choose another data directory`,
  })
  const same = await start({ masterKey, dataDirectory: directory(), url })
  assert.deepEqual(same.warnings, [])
  const other = await start({ masterKey, dataDirectory: directory(), url: 'https://token.example.com' })
  assert.equal(other.warnings.length, 1)
  assert.match(other.warnings[0]?.[0] ?? '', /the url is another than that of the node that started before/)
  assert.deepEqual(other.warnings[0]?.[1], { url: 'https://token.example.com', before: url })

  await Promise.all([first, same, other].map(({ close }) => close()))
  const again = await start({ masterKey, dataDirectory, url })
  await again.close()
})
