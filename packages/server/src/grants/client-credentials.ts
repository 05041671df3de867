import { parseScope } from '@mintmark/protocol'
import { selectApis } from '../policy/audience.ts'
import { tokenLifetime } from '../policy/lifetime.ts'
import { grantScope } from '../policy/scopes.ts'
import type { Grant } from './grant.ts'

/** The client credentials grant (RFC 6749 §4.4): a client asks on its own behalf. */
export const clientCredentials: Grant = {
  type: 'client_credentials',
  capability: 'client_credentials',
  repeatable: ['resource'],
  authorize: ({ workspace, apis }, { client, credentialId, longestLifetime }, form) => {
    const requested = form.get('scope')
    const asked = requested === undefined ? undefined : parseScope(requested)
    const chosen = selectApis(workspace, apis, client, form.all('resource'), asked)
    const scope = grantScope(client, chosen, asked)
    const lifetime = tokenLifetime(workspace, chosen, client, longestLifetime)
    return { workspace, client, credentialId, apis: chosen, scope, lifetime }
  },
}
