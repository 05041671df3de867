import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestTokenLifetime } from '../domain/workspace.ts'
import type { AuditRow, Revocation } from '../store/store.ts'
import { createRevokeTokens } from './revoke.ts'

const by = { actor: 'system/admin/cli', address: '192.0.2.1' }
const now = 1_700_000_000

const recording = (time = now * 1000 + 990) => {
  const written: { revocation: Revocation; event: Record<string, unknown> }[] = []
  const revocations = {
    isRevoked: () => false,
    remember: () => {},
    reload: () => {},
    load: async () => {},
    purge: async () => 0,
    revoke: async ([revocation]: readonly Revocation[], [row]: readonly AuditRow[]) => {
      assert.ok(revocation && row)
      written.push({ revocation, event: JSON.parse(row.body) as Record<string, unknown> })
    },
  }
  return { written, revokeTokens: createRevokeTokens({ revocations, clock: { now: () => time } }) }
}

test('a token at hand is remembered a little longer than it would live, one known by jti as long as any can live', async () => {
  const { written, revokeTokens } = recording()
  await revokeTokens.token('acme/one', { jti: 'c.r', exp: now + 100, client_id: 'cb' }, by)
  await revokeTokens.token('acme/one', { jti: 'c.s' }, by)
  assert.deepEqual(
    written.map(({ revocation }) => revocation.expires),
    [now + 400, now + longestTokenLifetime + 300],
  )
  assert.deepEqual(written[0]?.event, {
    type: 'token.revoked',
    workspace: 'acme/one',
    actor: 'system/admin/cli',
    subject: 'token',
    value: 'c.r',
    client: 'cb',
    address: '192.0.2.1',
  })
})

test('all of a credential, client or workspace: what was issued in the present second is included, and it is waited out', async () => {
  const { written, revokeTokens } = recording()
  const began = performance.now()
  await revokeTokens.credential('acme/one', 'cb', 'cred', by)
  assert.ok(performance.now() - began >= 8)
  await revokeTokens.client('acme/one', 'cb', by)
  await revokeTokens.workspace('acme/one', by)
  assert.deepEqual(
    written.map(({ revocation: { subject, value, issuedUntil } }) => [subject, value, issuedUntil]),
    [
      ['credential', 'cb/cred', now],
      ['client', 'cb', now],
      ['workspace', '', now],
    ],
  )
})

test('everything issued before a time: kept until the youngest of these tokens cannot live, and never ahead of now', async () => {
  const { written, revokeTokens } = recording()
  await revokeTokens.workspace('acme/one', by, now - 1000)
  await revokeTokens.client('acme/one', 'cb', by, now + 1000)
  assert.deepEqual(
    written.map(({ revocation: { issuedUntil, expires } }) => [issuedUntil, expires]),
    [
      [now - 1000, now - 1000 + longestTokenLifetime + 300],
      [now, now + longestTokenLifetime + 300],
    ],
  )
})

test('a key: whatever it signed, whenever', async () => {
  const { written, revokeTokens } = recording()
  await revokeTokens.key('acme/one', 'k1', by)
  assert.equal(written[0]?.revocation.subject, 'key')
  assert.equal(written[0]?.revocation.value, 'k1')
})
