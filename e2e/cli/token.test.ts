import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { demoFounding, foundWorkspace } from '@mintmark/server'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine({ MINTMARK_TLS: 'dev' })
const { server, runProgram: run, json, directory } = mintmark
const issuer = `${server.publicUrl}/default/demo`
let secret = ''

before(async () => {
  const clients = (await foundWorkspace(demoFounding, server)) ?? {}
  secret = clients['weather-website'] ?? ''
  writeFileSync(join(directory, 'demo.json'), JSON.stringify({ issuer, clients }))
})

test("a client of the demo gets a token by its name alone, also over the server's own certificate", async () => {
  const { code, stdout, stderr } = await run('token get weather-website')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test('with --json the whole answer is printed', async () => {
  const answer = await json<Record<string, unknown>>(
    'token get weather-website --scope weather:read --scope weather:write',
  )
  assert.deepEqual(
    { ...answer, access_token: '' },
    { access_token: '', token_type: 'Bearer', expires_in: 3600, scope: 'weather:read weather:write' },
  )
})

test('issuer and secret come from flags, files and the environment, by either method', async () => {
  const file = join(directory, 'secret.txt')
  writeFileSync(file, `${secret}\n`)
  const byFile = await run([
    'token',
    'get',
    '--client-id',
    'weather-website',
    '--issuer',
    issuer,
    '--client-secret-file',
    file,
    '--method',
    'post',
  ])
  assert.match(byFile.stdout, /^eyJ/)
  const environment = { MINTMARK_ISSUER: issuer, MINTMARK_CLIENT_ID: 'weather-website', MINTMARK_CLIENT_SECRET: secret }
  assert.match((await run('token get --resource https://weather.example', { environment })).stdout, /^eyJ/)
})

test('a wrong secret ends with 4 and the reference of the refusal; the secret is not printed', async () => {
  const environment = { MINTMARK_ISSUER: issuer, MINTMARK_CLIENT_SECRET: 'not-the-secret' }
  const { code, stdout, stderr } = await run('token get weather-website', { environment })
  assert.equal(code, 4)
  assert.equal(stdout, '')
  assert.match(stderr, /invalid_client.*\(reference [\w-]+\)\n {2}mintmark explain [\w-]+ shows why\n$/)
  assert.ok(!stderr.includes('not-the-secret'))
})

test('what is missing is asked for by name', async () => {
  assert.match((await run('token get nobody')).stderr, /Name the --issuer\n.*weather-website/)
  assert.equal((await run('token get')).code, 2)
  assert.equal((await run(['token', 'get', 'x', '--issuer', issuer])).code, 2)
  assert.equal(
    (
      await run(['token', 'get', 'x', '--issuer', 'http://example.com'], {
        environment: { MINTMARK_CLIENT_SECRET: 'y' },
      })
    ).code,
    2,
  )
})

test('a token of the demo is explained without anything wrong with it', async () => {
  const { stdout: token } = await run('token get weather-website')
  const explained = JSON.parse((await run('token inspect - --json', { stdin: token })).stdout)
  assert.deepEqual(explained.problems, [])
  assert.equal(explained.claims.client_id, 'weather-website')
})
