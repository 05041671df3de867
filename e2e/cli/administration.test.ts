import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine()
const { run, json, directory } = mintmark
const issuer = `${mintmark.server.publicUrl}/acme/payments`

/** Secrets that a command has shown; none may be printed again. */
const shown: string[] = []

const askForToken = (client: string, secret: string) =>
  run(['token', 'get', client, '--issuer', issuer], { environment: { MINTMARK_CLIENT_SECRET: secret } })

test('the administrator of this machine is known without being told', async () => {
  const identity = await json<{ client: string; scopes: readonly string[] }>('whoami')
  assert.equal(identity.client, 'cli')
  assert.deepEqual([...identity.scopes].sort(), ['read', 'secrets', 'write'])
  assert.match((await run('whoami')).stdout, /^administrator +cli$/m)
})

test('a workspace needs its tenant, and is then found without being named', async () => {
  const early = await run('client list')
  assert.equal(early.code, 2)
  assert.match(early.stderr, /there is no workspace yet/)
  const missing = await run('workspace create acme/payments')
  assert.equal(missing.code, 3)
  assert.match(missing.stderr, /mintmark tenant create acme makes it/)
  assert.equal(
    (await json<{ displayName: string }>(['tenant', 'create', 'acme', '--name', 'Acme Ltd'])).displayName,
    'Acme Ltd',
  )
  assert.match((await run('tenant show acme')).stdout, /^name +Acme Ltd$/m)
  assert.match((await run('tenant list')).stdout, /^acme +Acme Ltd/m)
  const workspace = await json<Record<string, unknown>>(
    'workspace create acme/payments --lifetime 5m --max-lifetime 1h',
  )
  assert.deepEqual([workspace.issuer, workspace.tokenLifetime, workspace.maxTokenLifetime], [issuer, 300, 3600])
  assert.deepEqual(await json('client list'), [])
})

test('several workspaces must be told apart', async () => {
  await json('workspace create acme/other')
  const { code, stderr } = await run('api list')
  assert.equal(code, 2)
  assert.match(stderr, /which workspace\?.*\n {2}there are: acme\/other, acme\/payments/)
  assert.equal((await run('api list', { environment: { MINTMARK_WORKSPACE: 'acme/other' } })).code, 0)
  assert.equal((await run('api list -w acme')).code, 2)
  assert.equal((await run('api list -w acme/nothing')).code, 3)
  assert.equal((await run('workspace delete acme/other')).code, 2)
  assert.match((await run('workspace delete acme/other --yes')).stdout, /^- workspace acme\/other$/m)
})

test('settings of a workspace change one by one', async () => {
  const updated = await json<Record<string, unknown>>(
    'workspace update acme/payments --multiple-audiences yes --alias /token-srv/token=token',
  )
  assert.deepEqual([updated.multipleAudiences, updated.tokenLifetime], [true, 300])
  assert.deepEqual(updated.aliases, [{ path: '/token-srv/token', endpoint: 'token' }])
  const emptied = await json<Record<string, unknown>>('workspace update --alias none --multiple-audiences no')
  assert.deepEqual([emptied.aliases, emptied.multipleAudiences], [[], false])
  assert.equal((await run('workspace update')).code, 2)
  assert.match((await run('workspace show')).stdout, /^token lifetime +5 minutes$/m)
  assert.match((await run('workspace list')).stdout, /acme\/payments/)
})

test('an API has scopes with descriptions, a format and a lifetime', async () => {
  const api = await json<Record<string, unknown>>([
    ...['api', 'create', 'orders', '--audience', 'https://orders.example', '--lifetime', '10m'],
    ...['--scope', 'orders:read Read orders', '--scope', 'orders:write', '--algorithm', 'PS256'],
  ])
  assert.deepEqual([api.algorithm, api.tokenLifetime, api.audience], ['PS256', 600, 'https://orders.example'])
  assert.match((await run('api show orders')).stdout, /orders:read: Read orders\n +orders:write\n/)
  const updated = await json<Record<string, unknown>>('api update orders --lifetime none --algorithm ES256')
  assert.deepEqual([updated.algorithm, updated.tokenLifetime], ['ES256', undefined])
  assert.match((await run('api list')).stdout, /^orders +https:\/\/orders\.example +orders:read orders:write +ES256/m)
  assert.equal((await run('api create reports')).code, 2)
  assert.equal((await run('api show reports')).code, 3)
})

test('a client gets its secret once and tokens with it at once', async () => {
  const created = await run([
    ...['client', 'create', 'billing', '--capability', 'client_credentials', '--secret', 'generate'],
    ...['--permit', 'orders:orders:read,orders:write', '--default', 'orders:read', '--lifetime', '299'],
  ])
  assert.equal(created.code, 0)
  assert.match(created.stderr, /never shown again/)
  const [, secret = ''] = /^secret +(mmk_cs_\w+)$/m.exec(created.stdout) ?? []
  shown.push(secret)
  assert.match((await askForToken('billing', secret)).stdout, /^eyJ/)
  assert.deepEqual(
    (await json<readonly { id: string }[]>('client list --search bill')).map(({ id }) => id),
    ['billing'],
  )
  assert.match((await run('client show billing')).stdout, /orders: orders:read \(default\), orders:write/)
})

test('a client that is disabled gets none, and one that is enabled again does', async () => {
  await json('client update billing --disable')
  assert.equal((await askForToken('billing', shown[0] ?? '')).code, 4)
  const client = await json<Record<string, unknown>>('client update billing --enable --lifetime none')
  assert.deepEqual([client.enabled, client.tokenLifetime], [true, undefined])
  assert.equal((await askForToken('billing', shown[0] ?? '')).code, 0)
  assert.equal((await run('client update billing --enable --disable')).code, 2)
})

test('what the server does not accept is named, and nothing is made', async () => {
  const stray = await run('client create x --permit nothing:a')
  assert.equal(stray.code, 1)
  assert.match(stray.stderr, /no api nothing/)
  const capability = await run('client create x --capability fly')
  assert.equal(capability.code, 1)
  assert.match(capability.stderr, /no capability fly/)
  assert.equal((await run('client create billing')).code, 1)
  assert.equal((await run('client show x')).code, 3)
  assert.equal((await run('client show ..')).code, 2)
})

test('ids with odd characters are ids like others', async () => {
  const id = 'a b/ü%2e..?#'
  assert.equal((await json<{ id: string }>(['client', 'create', id])).id, id)
  assert.equal((await json<{ id: string }>(['client', 'show', id])).id, id)
  assert.equal((await run(['client', 'delete', id, '--yes'])).code, 0)
})

test('secrets are added, rotated, imported and removed; each that the server makes is shown once', async () => {
  const added = await json<{ id: string; secret: string }>('secret add billing --expires 90d')
  shown.push(added.secret)
  assert.equal((await askForToken('billing', added.secret)).code, 0)
  const rotated = await json<{ secret: { id: string; secret: string }; ending: readonly unknown[] }>(
    'secret rotate billing --overlap 0',
  )
  shown.push(rotated.secret.secret)
  assert.equal(rotated.ending.length, 2)
  assert.equal((await askForToken('billing', added.secret)).code, 4)
  assert.equal((await askForToken('billing', rotated.secret.secret)).code, 0)

  writeFileSync(join(directory, 'chosen'), 'a-chosen-secret\n')
  const chosen = await run('secret add billing --secret-file chosen', { cwd: directory })
  assert.ok(!chosen.stdout.includes('a-chosen-secret'))
  assert.equal((await askForToken('billing', 'a-chosen-secret')).code, 0)
  // bcrypt of "Password1"
  const hash = '$2b$04$qlXf66ZHKLGG3b2CaD/0zuGr4Y/WW7tWgzzZoEfvDqgLFgZvCGNkm'
  const imported = await run('secret import billing --hash-file -', { stdin: `${hash}\n` })
  assert.ok(!`${imported.stdout}${imported.stderr}`.includes(hash))

  assert.equal((await run(`secret remove billing ${rotated.secret.id}`)).code, 2)
  assert.equal((await run(`secret remove billing ${rotated.secret.id} --yes`)).code, 0)
  assert.equal((await askForToken('billing', rotated.secret.secret)).code, 4)
  const table = await run('secret list billing')
  assert.match(table.stdout, /^SECRET +KIND +KNOWN BY +STATE/)
  assert.equal((await run('secret list nobody')).code, 3)
})

test('a secret is taken from one place only, and never from an argument', async () => {
  assert.equal((await run('secret add billing --secret-file x --secret-env Y')).code, 2)
  assert.equal((await run('client create y --secret generate --secret-env Y')).code, 2)
  assert.equal((await run('client create y --secret Password1')).code, 2)
  assert.equal((await run('client create y --expires 90d')).code, 2)
  assert.equal((await run('secret add billing --secret-env NOT_SET')).code, 78)
  assert.equal((await run('secret add billing --secret-file missing')).code, 1)
  assert.equal((await run('secret import billing')).code, 2)
})

test('a token is alive until it is revoked, and the server says why it is dead', async () => {
  const secret = 'a-chosen-secret'
  const token = (await askForToken('billing', secret)).stdout.trim()
  const alive = await run('token inspect - --online', { stdin: token })
  assert.equal(alive.code, 0)
  assert.match(alive.stdout, /state +alive/)
  assert.equal((await run('token revoke -', { stdin: token })).code, 0)
  const dead = await run(['token', 'inspect', token, '--online'])
  assert.equal(dead.code, 1)
  assert.match(dead.stdout, /state +dead\n +why +it was revoked/)

  const inspect = async (text: string) =>
    JSON.parse((await run('token inspect - --online --json', { stdin: text })).stdout).online.active
  const [first, second] = [(await askForToken('billing', secret)).stdout, (await askForToken('billing', secret)).stdout]
  assert.equal((await run('token revoke --client billing')).code, 2)
  assert.equal((await run('token revoke --client billing --issued-before 1h --yes')).code, 0)
  assert.equal(await inspect(first), true)
  const revoked = await json<{ subject: string; value: string }>('token revoke --client billing --yes')
  assert.deepEqual([revoked.subject, revoked.value], ['client', 'billing'])
  assert.deepEqual([await inspect(first), await inspect(second)], [false, false])
  assert.equal((await json<{ subject: string }>('token revoke --all --yes')).subject, 'workspace')
  assert.equal((await run('token revoke')).code, 2)
  assert.equal((await run('token revoke x --all')).code, 2)
  assert.equal((await run('token revoke nonsense')).code, 3)
})

test('keys are listed, rotated as planned, and given up at once', async () => {
  const keys = await json<readonly { kid: string; state: string }[]>('key list')
  assert.ok(keys.some(({ state }) => state === 'active'))
  const rotated = await json<readonly { state: string }[]>('key rotate')
  assert.ok(rotated.some(({ state }) => state === 'announced'))
  const kid = keys.find(({ state }) => state === 'active')?.kid ?? ''
  assert.equal((await run(`key compromise ${kid}`)).code, 2)
  assert.match((await run(`key compromise ${kid} --yes`)).stdout, new RegExp(`^${kid} +\\w+ +compromised`, 'm'))
  assert.equal((await run('key compromise nosuch --yes')).code, 3)
  assert.equal((await run('key rotate --algorithm XS1')).code, 1)
})

test('revisions are listed, shown, compared and reverted to', async () => {
  const revisions = await json<readonly { revision: number }[]>('revision list')
  const current = revisions[0]?.revision ?? 0
  assert.ok(current > 5)
  const short = await run('revision list --limit 2')
  assert.equal(short.stdout.trimEnd().split('\n').length, 3)
  assert.match(short.stderr, /There are more/)
  assert.equal((await json<readonly unknown[]>('revision list --all')).length, current)
  assert.match((await run('revision show 1')).stdout, /^\+ workspace acme\/payments$/m)
  assert.match((await run(`revision compare 1 ${current}`)).stdout, /^\+ client billing$/m)
  await json(['client', 'update', 'billing', '--name', 'Wrong'])
  assert.equal((await run(`revision revert ${current}`)).code, 2)
  const reverted = await run(['revision', 'revert', String(current), '--yes', '--note', 'was wrong'])
  assert.match(reverted.stdout, /displayName: "Wrong" → ""/)
  assert.match(reverted.stderr, new RegExp(`Committed as revision ${current + 2}`))
  assert.equal((await run('revision show 9999')).code, 3)
  assert.equal((await run('revision show x')).code, 2)
  assert.equal((await run('revision list --limit 0')).code, 2)
})

test('the choices are those of the server', async () => {
  const choices = await json<{ tokenFormats: readonly string[] }>('choices')
  assert.ok(choices.tokenFormats.includes('opaque'))
  assert.match((await run('choices')).stdout, /client_credentials/)
})

test('what is no longer needed is deleted, and what is in use is not', async () => {
  const used = await run('api delete orders --yes')
  assert.equal(used.code, 1)
  assert.match(used.stderr, /client billing is permitted it/)
  assert.equal((await run('client delete billing')).code, 2)
  assert.match((await run('client delete billing --yes')).stdout, /^- client billing$/m)
  assert.equal((await run('api delete orders --yes')).code, 0)
  assert.equal((await run('client delete billing --yes')).code, 3)
})

test('no secret was printed a second time, and a chosen one never', () => {
  const printed = mintmark.printed()
  for (const secret of shown) {
    assert.match(secret, /^mmk_cs_/)
    assert.equal(printed.split(secret).length - 1, 1)
  }
  assert.ok(!printed.includes('a-chosen-secret'))
})
