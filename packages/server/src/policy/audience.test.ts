import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@mintmark/protocol'
import fc from 'fast-check'
import { plainClient, plainWorkspace } from '../../test/plain-workspace.ts'
import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { Workspace } from '../domain/workspace.ts'
import { selectApis } from './audience.ts'
import { permits } from './scopes.ts'

const ids = ['one', 'two', 'three'] as const
const scopeName = fc.constantFrom('read', 'write', 'admin')
const scopes = fc.uniqueArray(scopeName, { maxLength: 3 })

const api = fc.record({
  enabled: fc.boolean(),
  scopes: scopes.map((names) => names.map((name) => ({ name, description: '' }))),
  tokenFormat: fc.constantFrom('jwt' as const, 'opaque' as const),
  algorithm: fc.constantFrom('ES256' as const, 'RS256' as const),
})
const apis: fc.Arbitrary<readonly Api[]> = fc.tuple(api, api, api).map((parts) =>
  parts.map((part, index) => ({
    id: ids[index] ?? '',
    audience: `https://${ids[index]}.test`,
    displayName: '',
    tokenLifetime: undefined,
    ...part,
  })),
)
const client: fc.Arbitrary<Client> = fc
  .uniqueArray(fc.record({ api: fc.constantFrom(...ids, 'gone'), scopes, defaultScopes: scopes }), {
    selector: (permission) => permission.api,
  })
  .map((permissions) => ({ ...plainClient, id: 'cb', permissions }))
const workspace: fc.Arbitrary<Workspace> = fc
  .boolean()
  .map((multipleAudiences) => ({ ...plainWorkspace, multipleAudiences }))
const resources = fc.array(
  fc.oneof(fc.constantFrom(...ids.map((id) => `https://${id}.test`)), fc.constant('https://gone.test'), fc.string()),
  { maxLength: 3 },
)

test('property: a token is for APIs that are enabled, permitted and asked for; for one unless the workspace allows more', () => {
  fc.assert(
    fc.property(
      workspace,
      apis,
      client,
      resources,
      fc.option(scopes, { nil: undefined }),
      (where, known, who, named, asked) => {
        let chosen: readonly Api[]
        try {
          chosen = selectApis(where, known, who, named, asked)
        } catch (error) {
          assert.ok(error instanceof OAuthError, String(error))
          assert.ok(error.code === 'invalid_target' || error.code === 'invalid_scope')
          for (const resource of named) assert.ok(!error.description.includes(resource) || resource.length < 3)
          return
        }
        assert.ok(chosen.length >= 1)
        assert.equal(new Set(chosen).size, chosen.length)
        for (const { enabled, id } of chosen) {
          assert.ok(enabled)
          assert.ok(who.permissions.some((permission) => permission.api === id))
        }
        if (!where.multipleAudiences) assert.equal(chosen.length, 1)
        if (named.length > 0) assert.deepEqual(new Set(chosen.map(({ audience }) => audience)), new Set(named))
        else assert.equal(chosen.length, 1)
        const [first] = chosen
        for (const one of chosen) {
          assert.equal(one.tokenFormat, first?.tokenFormat)
          assert.equal(one.algorithm, first?.algorithm)
        }
        if (named.length > 0) return
        // Nothing named: there must have been no second API it could have meant.
        const rivals = known.filter(({ enabled, id }) => enabled && who.permissions.some((one) => one.api === id))
        const meant = rivals.filter((candidate) => {
          const permission = who.permissions.find((one) => one.api === candidate.id)
          if (permission === undefined) return false
          return asked === undefined ? permission.defaultScopes.length > 0 : permits(permission, candidate, asked)
        })
        assert.ok(rivals.length === 1 || meant.length === 1)
      },
    ),
    { numRuns: 3000 },
  )
})
