import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { startServerWithCommandLine } from './command-line.ts'

const mintmark = await startServerWithCommandLine()
const { run, json, start } = mintmark

const administrator = async (id: string, scopes: string) => {
  const created = await json<{ secret: { secret: string } }>(
    `client create ${id} -w system/admin --capability client_credentials --permit admin:${scopes} --default ${scopes} --secret generate`,
  )
  return { environment: { MINTMARK_ADMIN_CLIENT_ID: id, MINTMARK_ADMIN_CLIENT_SECRET: created.secret.secret } }
}

test('an administrator who may only read may not change, and is told which scope is missing', async () => {
  await json('tenant create acme')
  await json('workspace create acme/payments')
  const reader = await administrator('reader', 'read')
  assert.deepEqual((await json<{ scopes: readonly string[] }>('whoami', reader)).scopes, ['read'])
  assert.equal((await run('client list', reader)).code, 0)
  const denied = await run('client create x', reader)
  assert.equal(denied.code, 4)
  assert.equal(denied.stdout, '')
  const [, reference = ''] = /^mintmark: .*\bwrite\b.*\(reference (\w+)\)$/m.exec(denied.stderr) ?? []
  assert.match((await run(`explain ${reference}`)).stdout, new RegExp(`^reference +${reference}$`, 'm'))
})

test('a wrong credential ends with 4, in words about the administrator, and is not printed', async () => {
  const wrong = { MINTMARK_ADMIN_CLIENT_ID: 'cli', MINTMARK_ADMIN_CLIENT_SECRET: 'not-the-secret' }
  const { code, stderr } = await run('client list', { environment: wrong })
  assert.equal(code, 4)
  assert.match(stderr, /does not accept the administrator cli \(reference \w+\)/)
  assert.ok(!stderr.includes('not-the-secret'))
})

test('a refusal is explained by its reference: the check, expected against received', async () => {
  const issuer = `${mintmark.server.publicUrl}/acme/payments`
  await json('client create billing --capability client_credentials')
  const refused = await run(`token get billing --issuer ${issuer}`, {
    environment: { MINTMARK_CLIENT_SECRET: 'wrong' },
  })
  const [, reference = ''] = /reference (\w+)/.exec(refused.stderr) ?? []
  const explained = await run(`explain ${reference}`)
  assert.equal(explained.code, 0)
  assert.match(explained.stdout, /^Refused: .*billing/m)
  assert.match(explained.stdout, /^check +credential-proven$/m)
  assert.match(explained.stdout, /^answered +invalid_client$/m)
  const asJson = await json<{ check: string; event: { client: string } }>(`explain ${reference}`)
  assert.deepEqual([asJson.check, asJson.event.client], ['credential-proven', 'billing'])
  assert.equal((await run('explain nosuchref')).code, 3)

  const events = await json<readonly { type: string; reference: string }[]>(`audit --reference ${reference}`)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['token.refused'],
  )
})

test('the audit log is filtered by type, client, workspace and time, newest first', async () => {
  const refused = await run('audit --type token.refused --client billing --since 1h')
  assert.equal(refused.code, 0)
  assert.match(refused.stdout, /^\S+Z {2}token\.refused +reference=\w+ acme\/payments client=billing /)
  const changes = await json<readonly { sequence: number; workspace: string }[]>(
    'audit --type configuration. -w acme/payments',
  )
  assert.deepEqual(
    changes.map(({ workspace }) => workspace),
    ['acme/payments', 'acme/payments'],
  )
  const sequences = changes.map(({ sequence }) => sequence)
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => b - a),
  )
  const none = await run('audit --until 2020-01-01')
  assert.deepEqual([none.code, none.stdout], [0, ''])
  assert.match(none.stderr, /Nothing happened that fits/)
  assert.equal((await run('audit --since yesterday')).code, 2)
  assert.equal((await run('audit --follow --until 2030-01-01')).code, 2)
  assert.equal((await json<readonly unknown[]>('audit --limit 3')).length, 3)
})

test('followed, events come as they happen, also after the server was away; Ctrl-C ends it with 130', async () => {
  const child = start('audit --follow --json -w acme/payments')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  // Until the first event arrives nobody knows that the command listens: changes are made until it says so.
  const first = lines.next()
  let heard = false
  first.then(() => {
    heard = true
  })
  for (let count = 0; !heard; count++) await json(['workspace', 'update', 'acme/payments', '--name', `Name ${count}`])
  const event = JSON.parse((await first).value ?? '')
  assert.deepEqual([event.type, event.workspace], ['configuration.changed', 'acme/payments'])

  await mintmark.restart()
  await json(['client', 'update', 'billing', '--name', 'After the restart'])
  for (;;) {
    const { value } = await lines.next()
    if (JSON.parse(value ?? '').changes?.some(({ id }: { id: string }) => id === 'billing')) break
  }
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  assert.equal(code, 130)
})
