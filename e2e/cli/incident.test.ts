import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { demoFounding, foundWorkspace } from '@mintmark/server'
import { startServerWithCommandLine } from './command-line.ts'

const { server, run, json, directory, printed } = await startServerWithCommandLine()

before(() => foundWorkspace(demoFounding, server))

const hidden: string[] = []
let counter = 0

/** A client with a secret. */
const makeClient = async () => {
  counter += 1
  const id = `invoices-${counter}`
  const line = `client create ${id} --capability client_credentials --permit weather:weather:read --secret generate`
  const { secret } = await json<{ secret: { id: string; secret: string } }>(line)
  return { id, credential: secret.id, secret: secret.secret }
}

const ask = async (id: string, secret: string) => {
  const response = await fetch(`${server.publicUrl}/default/demo/oauth2/token`, {
    method: 'POST',
    headers: { authorization: writeBasic(id, secret) },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'weather:read' }),
  })
  return { status: response.status, token: ((await response.json()) as { access_token: string }).access_token }
}

test('without --yes and without a terminal it only tells: whose, since when, what was got and from where', async () => {
  const { id, credential, secret } = await makeClient()
  const { token } = await ask(id, secret)
  hidden.push(secret, token)
  const { code, stdout, stderr } = await run('incident', { stdin: `${secret}\n` })
  assert.equal(code, 0, stderr)
  for (const line of [
    /^workspace +default\/demo$/m,
    new RegExp(`^client +${id}$`, 'm'),
    new RegExp(`^credential +${credential} \\(secret …${secret.slice(-4)}\\)$`, 'm'),
    /^state +live$/m,
    /^created +\S+Z by system\/admin\/\S+$/m,
    /^tokens got +1 from \S+Z to \S+Z$/m,
    /^for +weather weather:read \(1\)$/m,
    /^from +127\.0\.0\.1: 1 from /m,
    /^alive +1 token$/m,
    /^last used +\S+Z from 127\.0\.0\.1$/m,
  ])
    assert.match(stdout, line)
  assert.match(stderr, /Nothing was changed: --yes/)
  assert.equal((await ask(id, secret)).status, 200)
})

test('with --yes the secret is dead, its tokens too, the new one works, and the report says what was done', async () => {
  const { id, credential, secret } = await makeClient()
  const { token } = await ask(id, secret)
  const { code, stdout, stderr } = await run('incident - --yes --rotate --report leak.md', { stdin: secret })
  assert.equal(code, 0, stderr)
  const fresh = /^new secret +(mmk_cs_\w+)$/m.exec(stdout)?.[1] ?? ''
  assert.deepEqual([(await ask(id, secret)).status, (await ask(id, fresh)).status], [401, 200])
  assert.equal((await run('token inspect - --online', { stdin: token })).code, 1)
  const file = join(directory, 'leak.md')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const report = readFileSync(file, 'utf8')
  assert.match(report, /^## Timeline\n\n- \S+Z credential /m)
  assert.match(
    report,
    new RegExp(`credential ${credential} of ${id} was retired, and its tokens were revoked\\. Revision \\d+`),
  )
  for (const text of [secret, fresh, token, createHash('sha256').update(secret).digest('base64url')])
    assert.ok(!report.includes(text))
  hidden.push(secret, token)
})

test('a report as JSON, and one that would overwrite a file stops before anything is done', async () => {
  const { id, secret } = await makeClient()
  hidden.push(secret)
  writeFileSync(join(directory, 'there.json'), 'mine')
  const stopped = await run('incident --yes --report there.json', { stdin: secret })
  assert.equal(stopped.code, 1)
  assert.match(stopped.stderr, /there\.json: it exists already/)
  assert.equal((await ask(id, secret)).status, 200)
  const answer = await json<{ done: { response: string }[] }>('incident --yes --report here.json', { stdin: secret })
  assert.equal(answer.done[0]?.response, 'credential-retired')
  const report = JSON.parse(readFileSync(join(directory, 'here.json'), 'utf8'))
  assert.deepEqual([report.leaked, report.done.length], [`mmk_cs_…${secret.slice(-4)}`, 1])
  assert.equal(readFileSync(join(directory, 'there.json'), 'utf8'), 'mine')
})

test('a token is revoked alone, or with its credential, and by its jti as well', async () => {
  const { id, secret } = await makeClient()
  const { token } = await ask(id, secret)
  const told = await json<{ token: { jti: string; active: boolean } }>('incident', { stdin: token })
  assert.equal(told.token.active, true)
  const { code, stdout } = await run(['incident', told.token.jti, '--yes'])
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^revoked +the token of ${id}$`, 'm'))
  const again = await run('incident', { stdin: token })
  assert.match(again.stdout, /^state +dead: not-revoked$/m)
  assert.equal((await ask(id, secret)).status, 200)
  assert.equal((await run('incident --yes --with-credential', { stdin: token })).code, 0)
  assert.equal((await ask(id, secret)).status, 401)
})

test('a private key tells whose it is, and a chosen secret where its client is named', async () => {
  const { id } = await makeClient()
  const made = await run(['client-key', 'generate', id, '--out-file', join(directory, 'key.json')])
  assert.equal(made.code, 0, made.stderr)
  const key = await json<{ credentials: { owner: { client: string; type: string } }[] }>('incident', {
    stdin: readFileSync(join(directory, 'key.json'), 'utf8'),
  })
  assert.deepEqual([key.credentials[0]?.owner.client, key.credentials[0]?.owner.type], [id, 'key'])
  const chosen = 'correct horse battery staple'
  const file = join(directory, 'chosen.txt')
  writeFileSync(file, chosen)
  const added = await run(['secret', 'add', id, '--secret-file', file])
  assert.equal(added.code, 0, added.stderr)
  assert.equal((await run('incident', { stdin: chosen })).code, 2)
  const { code, stdout } = await run(['incident', '--client', id], { stdin: chosen })
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^client +${id}$`, 'm'))
  hidden.push(chosen)
})

test('what is nobody’s ends with 3, a part of a secret with 1, and an argument is warned about', async () => {
  const { secret } = await makeClient()
  assert.equal((await run('incident', { stdin: 'abcdefghij.0123456789abcdefghijkl' })).code, 3)
  assert.equal((await run('incident', { stdin: secret.slice(0, -2) })).code, 1)
  assert.equal((await run('incident', { stdin: '' })).code, 1)
  assert.equal((await run('incident --expires 1d', { stdin: secret })).code, 2)
  const { stderr } = await run(['incident', secret])
  assert.match(stderr, /history of the shell/)
  hidden.push(secret)
  assert.ok(!existsSync(join(directory, 'leak.json')))
})

test('nothing that leaked was ever printed', () => {
  const everything = printed()
  // The answer to its creation showed each secret once.
  for (const text of hidden) assert.ok(everything.split(text).length - 1 <= (text.startsWith('mmk_cs_') ? 1 : 0))
})
