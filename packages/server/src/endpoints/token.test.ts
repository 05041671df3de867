import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainClient, plainWorkspace } from '../../test/plain-workspace.ts'
import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { HttpRequest } from '../lib/message.ts'
import type { WorkspaceView } from '../registry/registry.ts'
import { createTokenEndpoint } from './token.ts'

const api = (enabled: boolean): Api => ({
  id: 'a',
  displayName: '',
  enabled,
  audience: 'https://a.test',
  scopes: [{ name: 'a:read', description: '' }],
  tokenFormat: 'jwt',
  algorithm: 'ES256',
  tokenLifetime: undefined,
})

const viewWith = (apiEnabled: boolean, enabled = true): WorkspaceView => ({
  workspace: { ...plainWorkspace, enabled },
  apis: [api(apiEnabled)],
})

const client: Client = {
  ...plainClient,
  capabilities: ['client_credentials'],
  authenticationMethods: ['slow'],
  permissions: [{ api: 'a', scopes: ['a:read'], defaultScopes: [] }],
}

const request: HttpRequest = {
  method: 'POST',
  path: '/acme/shop/oauth2/token',
  query: '',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  rawHeaders: [],
  body: Buffer.from('grant_type=client_credentials'),
  address: '127.0.0.1',
}

for (const [what, left, code] of [
  ['the API', viewWith(false), 'invalid_target'],
  ['the workspace', viewWith(true, false), 'temporarily_unavailable'],
  ['the whole workspace, deleted,', undefined, 'temporarily_unavailable'],
] as const) {
  test(`SEC-134: ${what} disabled while a slow proof is computed gives no token`, async () => {
    let current: WorkspaceView | undefined = viewWith(true)
    const endpoint = createTokenEndpoint({
      authenticateClient: async () => {
        current = left
        return { client, credentialId: 'x', method: 'slow' }
      },
      authenticationMethods: ['slow'],
      bindByDpop: { prove: async () => undefined, headers: () => ({}) },
      registry: { workspace: () => current },
      limitTokens: () => undefined,
      issueToken: () => assert.fail('a token was issued'),
      refuse: async (error) => error as never,
    })
    await assert.rejects(async () => endpoint.methods.POST?.(request, viewWith(true)), { code })
  })
}
