import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import { longestTokenLifetime, type Workspace } from '../domain/workspace.ts'
import { tokenLifetime } from './lifetime.ts'

const of = (
  client: number | undefined,
  apis: readonly (number | undefined)[],
  workspace: { readonly tokenLifetime: number; readonly maxTokenLifetime: number },
): number =>
  tokenLifetime(
    workspace as Workspace,
    apis.map((seconds) => ({ tokenLifetime: seconds }) as Api),
    { tokenLifetime: client } as Client,
  )

test("the client's lifetime goes before its APIs', theirs before the workspace's, and none beyond what may be", () => {
  const workspace = { tokenLifetime: 3600, maxTokenLifetime: 86_400 }
  assert.equal(of(undefined, [undefined], workspace), 3600)
  assert.equal(of(undefined, [300, 200, undefined], workspace), 200)
  assert.equal(of(299, [300], workspace), 299)
  assert.equal(of(100_000, [300], workspace), 86_400)
  assert.equal(of(undefined, [], { tokenLifetime: 2e9, maxTokenLifetime: 2e9 }), longestTokenLifetime)
})
