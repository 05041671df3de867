import assert from 'node:assert/strict'
import { createWriteStream, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { accessTokenPrefix, clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import { commandLine, temporaryDirectory } from './command-line.ts'

const { run, directory, printed } = commandLine(temporaryDirectory())
const secret = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(9))
const token = sealFormat(accessTokenPrefix, new Uint8Array(200).fill(7))
const redacted = (credential: string) => `${credential.slice(0, 7)}…${credential.slice(-4)}`

test('a folder is scanned with all below it, but for .git, links and what is not ours', async () => {
  const folder = join(directory, 'project')
  for (const name of ['deep/er', '.git']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'deep/er/.env'), `A=1\nSECRET=${secret}\n`)
  writeFileSync(join(folder, 'core'), Buffer.concat([Buffer.from([0, 255, 0]), Buffer.from(token), Buffer.from([0])]))
  writeFileSync(join(folder, 'README'), `mmk_cs_EXAMPLE ${secret.slice(0, -1)}\n`)
  writeFileSync(join(folder, '.git/config'), secret)
  writeFileSync(join(directory, 'outside'), secret)
  symlinkSync(join(directory, 'outside'), join(folder, 'link'))
  symlinkSync('.', join(folder, 'loop'))
  const { code, stdout, stderr } = await run('scan project')
  assert.equal(code, 1)
  assert.deepEqual(stdout.trimEnd().split('\n').sort(), [
    `project/core:1:4: access token ${redacted(token)}`,
    `project/deep/er/.env:2:8: client secret ${redacted(secret)}`,
  ])
  assert.match(stderr, /^2 found in 3 files, \d+ bytes\n$/)
  assert.deepEqual(await run('scan project/README'), { code: 0, stdout: '', stderr: '0 found in 1 file, 73 bytes\n' })
})

test('a pipe is scanned with - and without, and as JSON', async () => {
  for (const line of ['scan', 'scan -'])
    assert.equal((await run(line, { stdin: `x${secret}` })).stdout, `stdin:1:2: client secret ${redacted(secret)}\n`)
  const { code, stdout, stderr } = await run('scan - --json', { stdin: token })
  assert.deepEqual([code, stderr], [1, ''])
  assert.deepEqual(JSON.parse(stdout), {
    findings: [{ path: 'stdin', line: 1, column: 1, kind: 'access_token', redacted: redacted(token) }],
    unread: [],
    files: 1,
    bytes: token.length,
  })
})

test('an empty pipe passes only when it was asked for, and what cannot be read is no pass', async () => {
  assert.equal((await run('scan -')).code, 0)
  assert.equal((await run('scan')).code, 2)
  const missing = await run('scan missing /dev/null -', { stdin: secret })
  assert.equal(missing.code, 1)
  assert.match(missing.stdout, /^stdin:1:1: client secret/)
  assert.match(missing.stderr, /not everything could be read\n +missing: ENOENT\n +\/dev\/null: it is neither/)
})

test('a large file is read piece by piece, and a secret across two pieces is found', async () => {
  const piece = Buffer.alloc(65_536, 'a')
  piece[65_535] = 10
  const pieces = function* () {
    for (let count = 0; count < 2048; count += 1) yield piece
    yield Buffer.concat([piece.subarray(0, 65_500), Buffer.from(`=${secret}\n`)])
  }
  await pipeline(Readable.from(pieces()), createWriteStream(join(directory, 'large')))
  const { code, stdout } = await run('scan large', {
    environment: { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --max-old-space-size=48` },
  })
  assert.deepEqual([code, stdout], [1, `large:2049:65502: client secret ${redacted(secret)}\n`])
})

test('nothing that was found is ever printed whole', () => {
  for (const credential of [secret, token]) assert.ok(!printed().includes(credential.slice(7, 40)))
})
