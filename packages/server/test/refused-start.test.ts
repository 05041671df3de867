import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCommand } from './run-command.ts'

const temporaryDirectory = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-start-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Runs `mintmark serve` where it must refuse; what it wrote and its exit code. */
const serve = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const { code, written: output } = await runCommand(['serve', ...args], environment)
  return { code, output, lines: output.trim().split('\n') }
}

type Case = {
  readonly name: string
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly yaml?: string
  /** What the one line must say. */
  readonly says: RegExp
}

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefgh'.split('').map((name, index) => {
    const before = 'abcdefgh'[index]
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`
  }),
].join('\n')

/** Each is wrong by itself: exit code 78, one line, and nothing touched. */
const cases: readonly Case[] = [
  {
    name: 'a mistyped environment name',
    environment: { MINTMARK_TSL: 'files' },
    says: /MINTMARK_TSL is unknown: is MINTMARK_TLS meant/,
  },
  { name: 'an unknown key', yaml: 'public:\n  prot: 8080\n', says: /unknown setting public\.prot/ },
  { name: 'a key that is there twice', yaml: 'url: http://localhost:1\nurl: http://localhost:2\n', says: /unique/ },
  { name: 'YAML that is none', yaml: 'public: [\n', says: /mintmark\.yaml/ },
  { name: 'a billion laughs', yaml: bomb, says: /aliases are not allowed|unknown setting/ },
  { name: 'a group that is no mapping', yaml: 'public: 8080\n', says: /public must be a mapping/ },
  { name: 'a number that is none', yaml: 'public:\n  port: many\n', says: /public\.port must be a whole number/ },
  {
    name: 'a port beyond all ports',
    args: ['--public-port', '70000'],
    says: /public\.port must be between 0 and 65535/,
  },
  {
    name: 'a retention of no time',
    environment: { MINTMARK_AUDIT_RETENTION: '0' },
    says: /audit\.retention must be between/,
  },
  {
    name: 'a negative time',
    environment: { MINTMARK_DRAIN_TIMEOUT: '-1' },
    says: /limits\.drainTimeout must be between/,
  },
  {
    name: 'a cache time beyond all sense',
    environment: { MINTMARK_METADATA_MAX_AGE: '99999999' },
    says: /metadataMaxAge/,
  },
  {
    name: 'a part of a time longer than the whole',
    environment: { MINTMARK_LIMIT_REQUEST_TIMEOUT: '5000' },
    says: /requestTimeout is shorter/,
  },
  {
    name: 'the management listener for everybody without TLS',
    args: ['--admin-host', '0.0.0.0'],
    says: /admin\.host is beyond loopback without TLS/,
  },
  {
    name: 'SEC-201: the public listener in the clear on every address, with nothing in front that encrypts',
    args: ['--public-host', '0.0.0.0'],
    says: /public\.host is beyond loopback without TLS/,
  },
  {
    name: 'a proxy that is named, and no header in which it says anything',
    environment: { MINTMARK_PROXY_ADDRESSES: '127.0.0.1' },
    says: /proxy\.addresses goes with proxy\.addressHeader/,
  },
  {
    name: 'a header that would be believed from nobody',
    environment: { MINTMARK_PROXY_ADDRESS_HEADER: 'x-forwarded-for' },
    says: /proxy\.addresses goes with proxy\.addressHeader/,
  },
  {
    name: 'SEC-201: an http issuer beyond loopback',
    args: ['--url', 'http://as.example:8080'],
    says: /url is http beyond loopback/,
  },
  { name: 'an issuer with a slash at its end', args: ['--url', 'https://as.example/'], says: /without a slash/ },
  {
    name: 'an issuer with a password',
    args: ['--url', 'https://u:p@as.example'],
    says: /url must be scheme, host, port and path only/,
  },
  { name: 'an issuer that is no URL', args: ['--url', 'as.example'], says: /url is not a URL/ },
  {
    name: 'one port for both listeners',
    args: ['--public-port', '7800', '--admin-port', '7800'],
    says: /are the same/,
  },
  { name: 'TLS without a certificate', args: ['--tls', 'files'], says: /needs tls\.certFile and tls\.keyFile/ },
  { name: 'a mode of TLS that is none', args: ['--tls', 'on'], says: /tls\.mode must be one of off, dev, files/ },
  { name: 'a log level that is none', args: ['--log-level', 'loud'], says: /log\.level must be one of/ },
  {
    name: 'a secret given twice',
    environment: { MINTMARK_MASTER_KEY: 'a', MINTMARK_MASTER_KEY_FILE: '/a' },
    says: /both set/,
  },
  {
    name: 'a secret file that is not there',
    environment: { MINTMARK_MASTER_KEY_FILE: '/nowhere' },
    says: /cannot be read \(ENOENT\)/,
  },
]

for (const { name, args = [], environment = {}, yaml, says } of cases) {
  test(`SEC-280: refused to start: ${name}`, async (context) => {
    const parent = temporaryDirectory(context)
    const directory = join(parent, 'data')
    const file = join(parent, 'mintmark.yaml')
    if (yaml !== undefined) writeFileSync(file, yaml)
    const configuration = yaml === undefined ? [] : ['--config', file]
    const { code, output, lines } = await serve(['--data-dir', directory, ...configuration, ...args], environment)
    assert.equal(code, 78, output)
    assert.equal(lines.length, 1, output)
    assert.match(output, says)
    assert.match(output, /^mintmark: /)
    assert.equal(existsSync(directory), false, 'nothing was made, so no port was open')
  })
}

test('a data directory that cannot be made stops the start with one line', async (context) => {
  const taken = join(temporaryDirectory(context), 'file')
  writeFileSync(taken, '')
  // Where a parent exists and refuses, as /proc does, Node's own recursion would never end.
  const impossible = existsSync('/proc/self') ? ['/proc/mintmark', '/proc/mintmark/data'] : []
  for (const directory of [taken, join(taken, 'data'), ...impossible]) {
    const { code, output, lines } = await serve(['--data-dir', directory])
    assert.equal(code, 1, output)
    assert.equal(lines.length, 1, output)
    assert.match(output, /^mintmark: cannot make the data directory /)
  }
})

test('SEC-280: a configuration file that is not there stops the start', async () => {
  const { code, output } = await serve(['--config', '/nowhere/mintmark.yaml'])
  assert.equal(code, 78)
  assert.match(output, /\/nowhere\/mintmark\.yaml cannot be read/)
})

test('every problem is named at once', async (context) => {
  const { code, output } = await serve(['--data-dir', join(temporaryDirectory(context), 'data')], {
    MINTMARK_PUBLIC_PORT: 'x',
    MINTMARK_AUDIT_RETENTION: '0',
  })
  assert.equal(code, 78)
  assert.match(output, /public\.port/)
  assert.match(output, /audit\.retention/)
})

test('an unknown flag is a wrong use of the command', async () => {
  const { code, output } = await serve(['--pubic-port', '1'])
  assert.equal(code, 2)
  assert.match(output, /--pubic-port/)
})

test('SEC-280: a data directory that cannot be made stops the start with one line', async (context) => {
  const parent = temporaryDirectory(context)
  writeFileSync(join(parent, 'file'), '')
  const { code, output } = await serve(['--data-dir', join(parent, 'file', 'data')])
  assert.equal(code, 1)
  assert.match(output, /^mintmark: cannot make the data directory .*\n$/)
})

test('SEC-280: a master key that is none stops the start with one line and is not repeated', async (context) => {
  const { code, output } = await serve(
    ['--data-dir', temporaryDirectory(context), '--public-port', '0', '--admin-port', '0'],
    { MINTMARK_MASTER_KEY: 'not-a-key-of-32-bytes' },
  )
  assert.equal(code, 78)
  assert.match(output, /^mintmark: .*must be 32 bytes.*\n$/)
  assert.doesNotMatch(output, /not-a-key/)
})

for (const flag of ['--public-port', '--admin-port']) {
  test(`a port in use is named, and what to do: ${flag}`, async (context) => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    context.after(() => new Promise((resolve) => taken.close(resolve)))
    const { port } = taken.address() as { port: number }
    const other = flag === '--public-port' ? '--admin-port' : '--public-port'
    const { code, output } = await serve(['--data-dir', temporaryDirectory(context), flag, String(port), other, '0'])
    assert.equal(code, 1)
    assert.match(output, new RegExp(`^mintmark: .*:${port} is in use: .*${flag}.*\n$`))
  })
}
