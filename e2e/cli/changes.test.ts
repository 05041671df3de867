import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine({ MINTMARK_TLS: 'dev' })
const { run, json, directory, server } = mintmark

const postForm = async (path: string, form: Readonly<Record<string, string>>) => {
  const response = await fetch(`${server.publicUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  return (await response.json()) as Readonly<Record<string, unknown>>
}

test("G2: Curity's walk: a client with a capability and a chosen secret, committed as one change, gets an opaque token", async (context) => {
  await json('tenant create acme')
  await json('workspace create acme/guide --alias /oauth/v2/oauth-token=token')
  await json('api create resource --audience https://resource.example --scope read --format opaque')
  const begun = await run(['change', 'create', '--note', 'New client'])
  const change = begun.stdout.trim()
  assert.match(change, /^\w+$/)

  const staged = await run(
    `client create server --capability client_credentials --permit resource:read --default read --lifetime 299 --change ${change}`,
  )
  assert.match(staged.stdout, /^\+ client server$/m)
  assert.match(staged.stderr, /Staged in change set/)
  const secret = await run(`secret add server --secret-env SERVER_SECRET --change ${change}`, {
    environment: { SERVER_SECRET: 'Password1' },
  })
  assert.match(secret.stdout, /^\+ secret \w+ of server$/m)
  assert.equal((await run('client show server')).code, 3, 'nothing is there before the commit')
  assert.deepEqual(
    (await json<readonly { note: string }[]>('change list')).map(({ note }) => note),
    ['New client'],
  )
  assert.equal((await run(`change diff ${change}`)).code, 0)

  const committed = await run(`change commit ${change}`)
  assert.equal(committed.code, 0)
  assert.match(committed.stderr, /^Committed as revision \d+: 2 created\.$/m)
  assert.deepEqual(await json('change list'), [])

  const caFile = server.caFile ?? ''
  const before = getCACertificates('default')
  context.after(() => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, readFileSync(caFile, 'utf8')])
  const form = { grant_type: 'client_credentials', client_id: 'server', client_secret: 'Password1' }
  const answer = await postForm('/oauth/v2/oauth-token', { ...form, scope: 'read' })
  assert.match(String(answer.access_token), /^mmk_at_/)
  assert.deepEqual([answer.token_type, answer.expires_in, answer.scope], ['Bearer', 299, 'read'])
  assert.ok(!mintmark.printed().includes('Password1'))
})

test('a change set that was overtaken is refused whole, with the conflict named', async () => {
  const change = (await run('change create')).stdout.trim()
  await json(`client update server --lifetime 60 --change ${change}`)
  await json(`client create other --change ${change}`)
  await json(['client', 'update', 'server', '--name', 'Changed meanwhile'])
  const diff = await run(`change diff ${change}`)
  assert.equal(diff.code, 1)
  assert.match(diff.stderr, /conflict: client server was changed/)
  assert.match((await run(`change show ${change}`)).stdout, /^conflicts +client server was changed/m)
  const refused = await run(`change commit ${change}`)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /client server was changed/i)
  assert.equal((await run('client show other')).code, 3)
  assert.equal((await run(`change discard ${change}`)).code, 2)
  assert.equal((await run(`change discard ${change} --yes`)).stdout, `Discarded ${change}.\n`)
  assert.equal((await run(`change show ${change}`)).code, 3)
})

test('every kind of change can be staged, also from a file', async () => {
  const change = (await run('change create')).stdout.trim()
  await json(`api create second --audience https://second.example --scope s:a --change ${change}`)
  await json(`api update resource --lifetime 1m --change ${change}`)
  await json(`workspace update --lifetime 2m --change ${change}`)
  writeFileSync(
    join(directory, 'changes.yaml'),
    `- {action: create, kind: client, value: {id: filed, capabilities: [client_credentials], permissions: [{api: second, scopes: ["s:a"]}]}}
- {action: create, kind: secret, client: filed, value: {env: FILED_SECRET}}
- {action: update, kind: client, id: server, value: {enabled: false}}
`,
  )
  const unset = await run(`change stage ${change} -f changes.yaml`)
  assert.equal(unset.code, 78)
  assert.match(unset.stderr, /FILED_SECRET, which is not set/)
  const environment = { FILED_SECRET: 'another-password' }
  const staged = await run(`change stage ${change} -f changes.yaml`, { environment })
  assert.equal(staged.code, 0)
  for (const line of [
    /\+ api second/,
    /~ api resource/,
    /~ workspace acme\/guide/,
    /\+ client filed/,
    /~ client server/,
  ]) {
    assert.match(staged.stdout, line)
  }
  assert.equal((await run(`change commit ${change}`)).code, 0)
  assert.equal((await run(`change stage ${change}`)).code, 2)

  const next = (await run('change create')).stdout.trim()
  const secrets = await json<readonly { id: string }[]>('secret list filed')
  await json(`secret remove filed ${secrets[0]?.id} --change ${next}`)
  await json(`client delete filed --change ${next}`)
  await json(`api delete second --change ${next}`)
  assert.equal((await run(`change commit ${next}`)).code, 0)
  assert.equal((await run('api show second')).code, 3)
})

const documentText = `tenant: acme
workspace: shop
settings: {tokenLifetime: 300}
apis:
  orders:
    audience: https://orders.example
    scopes: [{name: "orders:read", description: Read}]
clients:
  billing:
    capabilities: [client_credentials]
    permissions: [{api: orders, scopes: ["orders:read"], defaultScopes: ["orders:read"]}]
    secrets: [{env: BILLING_SECRET}]
  job: {}
`
const billing = { environment: { BILLING_SECRET: 'declared-secret' } }

test('a file is planned, applied, and then changes nothing; its secret is not printed', async () => {
  writeFileSync(join(directory, 'mintmark.yaml'), documentText)
  assert.equal((await run('plan -f mintmark.yaml')).code, 78, 'the secret is not in the environment')
  const planned = await run('plan -f mintmark.yaml', billing)
  assert.equal(planned.code, 0)
  assert.match(planned.stdout, /^acme\/shop \(would be made\)$/m)
  assert.match(planned.stdout, /^\+ client billing$/m)
  const unasked = await run('apply -f mintmark.yaml', billing)
  assert.equal(unasked.code, 2)
  assert.match(unasked.stderr, /--yes/)
  assert.equal((await run('workspace show acme/shop')).code, 3)

  const applied = await run(['apply', '-f', 'mintmark.yaml', '--yes', '--note', 'first'], billing)
  assert.equal(applied.code, 0)
  assert.match(applied.stderr, /^acme\/shop is at revision 1: /m)
  assert.match((await run('plan -f mintmark.yaml', billing)).stdout, /No changes\./)
  assert.deepEqual(await json('apply -f mintmark.yaml', billing), [])
  const token = await run(`token get billing --issuer ${server.publicUrl}/acme/shop`, {
    environment: { MINTMARK_CLIENT_SECRET: 'declared-secret' },
  })
  assert.match(token.stdout, /^eyJ/)
  assert.ok(!mintmark.printed().includes('declared-secret'))
})

test('what is exported applies without a change, and replaces no file unasked', async () => {
  assert.equal((await run('export -w acme/shop -f exported.yaml')).stdout, 'Wrote exported.yaml.\n')
  assert.match((await run('plan -f exported.yaml')).stdout, /No changes\./)
  const text = await run('export -w acme/shop')
  assert.match(text.stdout, /^workspace: shop$/m)
  assert.doesNotMatch(text.stdout, /secret:|argon2/)
  assert.equal((await json<{ workspace: string }>('export -w acme/shop')).workspace, 'shop')
  writeFileSync(join(directory, 'exported.yaml'), '# mine\n')
  assert.equal((await run('export -w acme/shop -f exported.yaml')).code, 2)
  assert.equal((await run('export -w acme/shop -f exported.yaml --yes')).code, 0)
  assert.equal((await run('export -w acme/shop -f no/such/directory.yaml')).code, 1)
})

test('what the file no longer names goes only with --prune', async () => {
  const shorter = documentText.replace('  job: {}\n', '')
  const stdin = { ...billing, stdin: shorter }
  assert.match((await run('plan -f -', stdin)).stdout, /No changes\./)
  assert.match((await run('plan -f - --prune', stdin)).stdout, /^- client job$/m)
  assert.equal((await run('apply -f - --prune --yes', stdin)).code, 0)
  assert.equal((await run('client show job -w acme/shop')).code, 3)
})

test('a file may hold several workspaces, and each shows the secrets made for it', async () => {
  const one = (workspace: string) =>
    `tenant: acme\nworkspace: ${workspace}\nclients: {job: {capabilities: [client_credentials], secrets: [{type: generated}]}}\n`
  const applied = await run('apply -f - --yes', { stdin: `${one('first')}---\n${one('second')}` })
  assert.equal(applied.code, 0)
  assert.equal(applied.stdout.match(/^secret +mmk_cs_\w+$/gm)?.length, 2)
  assert.match(
    applied.stderr,
    /^acme\/first is at revision 1: .*\nKeep the secret now.*\nacme\/second is at revision 1: /m,
  )
})

test('a file the server does not accept changes nothing and is explained member by member', async () => {
  const { code, stderr } = await run('apply -f - --yes', {
    stdin: 'tenant: acme\nworkspace: shop\nsettings: {tokenLifetime: soon, frobnicate: 1}\n',
  })
  assert.equal(code, 1)
  assert.match(stderr, /\/document\/settings\/frobnicate/)
  assert.match(stderr, /\/document\/settings\/tokenLifetime/)
})
