import { operations } from '@mintmark/protocol/admin'
import { maximumClientIdLength } from '../client-auth/authenticate.ts'
import { capabilities } from '../domain/capability.ts'
import { grants } from '../grants/grants.ts'
import { systemFounding } from '../registry/bootstrap.ts'
import { maximumLiveSecrets } from '../registry/kinds/credential.ts'
import { type Handler, handle } from './call.ts'
import { maximumPageSize } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'

export const createChoiceHandlers = ({ offered }: AdminDependencies): readonly Handler[] => [
  handle(operations.showChoices, async () => {
    const { authenticationMethods, tokenFormats, algorithms, endpoints } = offered()
    return {
      body: {
        grants: grants.map(({ type }) => type),
        capabilities: capabilities.map(({ name, description }) => ({ name, description })),
        authenticationMethods: [...authenticationMethods],
        tokenFormats: [...tokenFormats],
        algorithms: [...algorithms],
        aliasEndpoints: endpoints.map(({ name }) => name),
        roles: (systemFounding.apis.admin?.scopes ?? []).map(({ name, description = '' }) => ({ name, description })),
        limits: {
          liveSecrets: maximumLiveSecrets,
          pageSize: maximumPageSize,
          clientIdLength: maximumClientIdLength,
        },
      },
    }
  }),
  handle(operations.whoAmI, async ({ administrator }) => ({
    body: { actor: administrator.actor, client: administrator.client, scopes: [...administrator.scopes].sort() },
  })),
]
